using System.Globalization;
using System.Text;

namespace Pagewise.Procfs;

/// <summary>/proc/slabinfo (mm/slab_common.c), version 2.1; reading and writing give the same bytes.</summary>
/// <param name="Caches">The caches in the file's order.</param>
public sealed record Slabinfo(IReadOnlyList<SlabinfoCache> Caches)
{
    /// <summary>The file's name under /proc.</summary>
    public const string FileName = "slabinfo";

    private const string Version = "slabinfo - version: 2.1";
    private const string Heading = "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>";

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ProcfsException">The text is not a slabinfo.</exception>
    public static Slabinfo Parse(string text)
    {
        string[] lines = text.Split('\n');
        if (lines.Length < 3 || lines[0] != Version || lines[1] != Heading)
            throw new ProcfsException(FileName, 1, $"expected \"{Version}\" and the heading");
        var caches = new List<SlabinfoCache>();
        for (int i = 2; i < lines.Length - 1; i++)
        {
            string[] words = lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is not [var name, var active, var objects, var size, var perSlab, var pages, ":", "tunables", "0", "0", "0", ":", "slabdata", var activeSlabs, var slabs, "0"])
                throw new ProcfsException(FileName, i + 1, "expected \"NAME NUMBER… : tunables 0 0 0 : slabdata NUMBER NUMBER 0\"");
            caches.Add(new SlabinfoCache(name, Number(active, i), Number(objects, i), (int)Number(size, i), (int)Number(perSlab, i), (int)Number(pages, i), Number(activeSlabs, i), Number(slabs, i)));
        }

        if (lines[^1].Length > 0)
            throw new ProcfsException(FileName, lines.Length, "expected the end of the line");
        return new Slabinfo(caches);

        static long Number(string word, int line) => uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) && number <= int.MaxValue
            ? number
            : throw new ProcfsException(FileName, line + 1, $"expected a number, found \"{word}\"");
    }

    /// <summary>The file's text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Version).Append('\n').Append(Heading).Append('\n');
        foreach (SlabinfoCache cache in Caches)
        {
            text.Append(CultureInfo.InvariantCulture, $"{cache.Name,-17} {cache.ActiveObjects,6} {cache.Objects,6} {cache.SizeBytes,6} {cache.ObjectsPerSlab,4} {cache.PagesPerSlab,4}");
            text.Append(CultureInfo.InvariantCulture, $" : tunables {0,4} {0,4} {0,4} : slabdata {cache.ActiveSlabs,6} {cache.Slabs,6} {0,6}\n");
        }

        return text.ToString();
    }
}
