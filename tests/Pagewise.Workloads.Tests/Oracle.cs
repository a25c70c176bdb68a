using System.Diagnostics;

namespace Pagewise.Workloads.Tests;

/// <summary>The recordings of real Linux and glibc that stand beside the repository.</summary>
internal static class Oracle
{
    /// <summary>The folder: PAGEWISE_ORACLE, or shared/oracle beside a folder above this one.</summary>
    public static string Folder { get; } = Find();

    /// <summary>The recordings of a corpus, as paths relative to the folder.</summary>
    public static IEnumerable<string> Files(string corpus, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Folder, corpus), pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Folder, path))
            .Order(StringComparer.Ordinal);

    /// <summary>A recording's plain bytes, by the zstd or xz command or as they are: not by the code under test.</summary>
    public static byte[] Plain(string file)
    {
        string path = Path.Combine(Folder, file);
        string? tool = Path.GetExtension(file) switch { ".zst" => "zstd", ".xz" => "xz", _ => null };
        if (tool is null)
            return File.ReadAllBytes(path);
        using Process process = Process.Start(new ProcessStartInfo(tool, ["-dc", path]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        using var plain = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(plain);
        process.WaitForExit();
        process.ExitCode.ShouldBe(0);
        return plain.ToArray();
    }

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("PAGEWISE_ORACLE") is { Length: > 0 } named)
            return named;
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "shared", "oracle");
            if (Directory.Exists(candidate))
                return candidate;
        }

        throw new DirectoryNotFoundException("Set PAGEWISE_ORACLE to the folder of the oracle's recordings.");
    }
}
