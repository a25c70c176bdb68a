namespace Pagewise.Replay.Tests.Heap;

/// <summary>The recordings of real heaps that stand beside the repository.</summary>
internal static class HeapOracle
{
    /// <summary>The folder: PAGEWISE_ORACLE, or shared/oracle beside a folder above this one.</summary>
    public static string Folder { get; } = Find();

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
