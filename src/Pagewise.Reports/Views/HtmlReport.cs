using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Pagewise.Reports.RunFiles;

namespace Pagewise.Reports.Views;

/// <summary>
/// The views as one page: script, style and data in it, nothing fetched. The script comes from <c>web/</c>, built and kept
/// with the sources; the data is compressed and encoded, so that no name in it is ever read as markup.
/// </summary>
public static class HtmlReport
{
    // Compressed bytes of snapshots in one page; base64 makes a third more of it.
    private const long MostSnapshotBytes = 4_500_000;

    private static readonly string Script = Asset("views.js");
    private static readonly string Style = Asset("views.css");

    /// <summary>Writes a report that opens from disk.</summary>
    /// <param name="file">The run file.</param>
    /// <param name="output">Where to.</param>
    /// <exception cref="RunFileException">The file is damaged.</exception>
    public static void Write(RunFileReader file, TextWriter output)
    {
        var data = new MemoryStream();
        using (var packed = new GZipStream(data, CompressionLevel.Optimal, leaveOpen: true))
            ViewDocument.Write(file, Kept(file.Snapshots()), new Dictionary<string, string>(), packed);
        WritePage(Convert.ToBase64String(data.GetBuffer(), 0, (int)data.Length), "'none'", output);
    }

    /// <summary>Writes the page that asks the explorer for its data.</summary>
    public static void WriteLive(TextWriter output) => WritePage(null, "'self'", output);

    // The last one and those of kills stay; of the others every second goes until the rest fits.
    private static List<RunSnapshot> Kept(IReadOnlyList<RunSnapshot> all)
    {
        for (int step = 1; ; step *= 2)
        {
            var kept = new List<RunSnapshot>();
            for (int index = 0, timed = 0; index < all.Count; index++)
            {
                if (index == all.Count - 1 || all[index].Reason != "time" || timed++ % step == 0)
                    kept.Add(all[index]);
            }

            if (kept.Sum(snapshot => (long)snapshot.Body.Length) <= MostSnapshotBytes || step > all.Count)
                return kept;
        }
    }

    private static void WritePage(string? data, string connect, TextWriter output)
    {
        output.Write("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        output.Write($"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src {Hash(Script)}; style-src {Hash(Style)}; img-src data:; connect-src {connect}; base-uri 'none'; form-action 'none'\">\n");
        output.Write("<meta name=\"referrer\" content=\"no-referrer\">\n<link rel=\"icon\" href=\"data:,\">\n<title>Pagewise</title>\n");
        output.Write($"<style>{Style}</style>\n</head>\n<body>\n<div id=\"pagewise\"></div>\n");
        if (data is not null)
            output.Write($"<script type=\"application/gzip\" id=\"pagewise-data\">{data}</script>\n");
        output.Write($"<script>{Script}</script>\n</body>\n</html>\n");
    }

    private static string Hash(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    private static string Asset(string name)
    {
        using Stream stream = typeof(HtmlReport).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is not in the assembly");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        // Markup that a script's own text would end.
        return reader.ReadToEnd().Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase).Replace("</style", "<\\/style", StringComparison.OrdinalIgnoreCase);
    }
}
