using Pagewise.Replay.Heap;

namespace Pagewise.Replay.Tests.Heap;

/// <summary>Every recording of real heaps, replayed: not one result differs.</summary>
public class HeapOracleTests
{
    public static TheoryData<string> Recordings { get; } = [.. Directory.EnumerateFiles(Folder, "*.zst").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(HeapOracle.Folder, "heap");

    [Theory]
    [MemberData(nameof(Recordings))]
    public void EveryResultIsAsRecorded(string file)
    {
        HeapCheckResult result = HeapChecker.Check(Path.Combine(Folder, file));

        result.Differences.Take(5).ShouldBeEmpty();
        result.DifferenceCount.ShouldBe(0);
        result.Warnings.ShouldBeEmpty();
        result.Calls.ShouldBeGreaterThan(20);
        result.Results.ShouldBeGreaterThan(result.Calls / 3, "all calls but free have a result");
    }

    /// <summary>The recordings of other releases, as paths below the oracle's folder.</summary>
    public static TheoryData<string> ReleaseRecordings { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(HeapOracle.Folder, "glibc"), "*.zst", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(HeapOracle.Folder, file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(ReleaseRecordings))]
    public void EveryResultOfEveryReleaseIsAsRecorded(string file)
    {
        HeapCheckResult result = HeapChecker.Check(Path.Combine(HeapOracle.Folder, file));

        result.Differences.Take(5).ShouldBeEmpty();
        result.DifferenceCount.ShouldBe(0);
        result.Warnings.ShouldBeEmpty();
        result.Release.ShouldStartWith(result.Prologue.Release);
        result.Results.ShouldBeGreaterThan(result.Calls / 4);
    }
}
