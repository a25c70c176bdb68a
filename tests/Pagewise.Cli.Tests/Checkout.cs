using System.Runtime.CompilerServices;

namespace Pagewise.Cli.Tests;

/// <summary>Files of the checkout.</summary>
internal static class Checkout
{
    /// <summary>The checkout's root: the nearest folder above the test with the solution.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory, folder => File.Exists(Path.Combine(folder, "Pagewise.slnx")));

    /// <summary>The recordings of real Linux: PAGEWISE_ORACLE, or shared/oracle beside the checkout.</summary>
    public static string Oracle { get; } = Environment.GetEnvironmentVariable("PAGEWISE_ORACLE")
        ?? Path.Combine(Find(Root, folder => Directory.Exists(Path.Combine(folder, "shared", "oracle"))), "shared", "oracle");

    public static string Example(string name) => Path.Combine(Root, "examples", name);

    /// <summary>
    /// Compares a text with the one stored under Expectations. With PAGEWISE_UPDATE_EXPECTATIONS=1 the stored one is
    /// replaced: the change then shows as a diff to review.
    /// </summary>
    public static void ShouldMatchExpectation(string actual, string name, [CallerFilePath] string caller = "")
    {
        string path = Path.Combine(Path.GetDirectoryName(caller)!, "Expectations", name);
        if (Environment.GetEnvironmentVariable("PAGEWISE_UPDATE_EXPECTATIONS") == "1")
            File.WriteAllText(path, actual);
        actual.ShouldBe(File.ReadAllText(path));
    }

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
