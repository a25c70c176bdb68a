namespace Pagewise.Replay.Tests;

/// <summary>Where the checkout and the recordings of real Linux lie.</summary>
internal static class Repository
{
    /// <summary>The checkout's root: the nearest folder above the test with the solution.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory, folder => File.Exists(Path.Combine(folder, "Pagewise.slnx")));

    /// <summary>The recordings: PAGEWISE_ORACLE, or shared/oracle beside the checkout.</summary>
    public static string Oracle { get; } = Environment.GetEnvironmentVariable("PAGEWISE_ORACLE")
        ?? Path.Combine(Find(Root, folder => Directory.Exists(Path.Combine(folder, "shared", "oracle"))), "shared", "oracle");

    private static string Find(string start, Func<string, bool> isIt)
    {
        for (string? folder = start; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (isIt(folder))
                return folder;
        }

        throw new DirectoryNotFoundException($"nothing above {start}");
    }
}
