using Pagewise.Replay.Checking;

namespace Pagewise.Replay.Tests;

/// <summary>Every recording of real Linux against the model.</summary>
public sealed class OracleCheckTests
{
    public static TheoryData<string> Recordings()
    {
        var data = new TheoryData<string>();
        foreach (string file in Directory.GetFiles(Path.Combine(Repository.Oracle, "vm"), "*.zst").Order(StringComparer.Ordinal))
            data.Add(Path.GetFileName(file));
        return data;
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public void EveryRecordedResultComesOut(string name)
    {
        CheckResult result = Checker.Check(Path.Combine(Repository.Oracle, "vm", name), new CheckOptions { DifferenceLimit = 5 });
        result.Results.ShouldBeGreaterThan(70);
        result.Differences.ShouldBeEmpty($"{name}: {result.Results} results, {result.DifferenceCount} differ");
        result.DifferenceCount.ShouldBe(0);
        result.UnknownCalls.ShouldBeEmpty();
    }
}
