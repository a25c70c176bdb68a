using System.Text;
using Pagewise.Replay.Checking;
using Pagewise.Replay.Comparing;

namespace Pagewise.Conformance.Tests;

/// <summary>
/// Seeded random calls and accesses, made on the live kernel and then in the model: every result, map and fault count
/// must be the same. A failing recording is kept beside the test's assembly.
/// </summary>
public class VmConformanceTests
{
    private const int CallsOfARecording = 2000;

    /// <summary>What each recording turns to; see <c>native/vmfuzz.c</c>.</summary>
    private static readonly string[] Turns = ["", "n", "f", "b", "g", "s", "r", "p", "e", "k"];

    private static readonly string[] MoreTurns =
    [
        "", "n", "f", "b", "u", "g", "s", "r", "h", "p", "m", "e", "k", "t", "fm", "rt", "kt", "up", "he", "km",
    ];

    [Fact]
    public void TwentyThousandCallsComeOutAsOnTheLiveKernel() => Compare(1, Turns, 20_000);

    [Fact]
    [Trait("Category", "Slow")]
    public void TwoHundredThousandCallsComeOutAsOnTheLiveKernel() => Compare(1000, MoreTurns, 200_000);

    private static void Compare(int firstSeed, string[] turns, int calls)
    {
        LiveMachine.Obstacles.ShouldBeEmpty("the live comparison proves nothing here");
        long results = 0;
        var report = new StringBuilder();
        for (int done = 0, seed = firstSeed; done < calls; done += CallsOfARecording, seed++)
        {
            string recording = VmFuzz.Record(seed, CallsOfARecording, turns[(seed - firstSeed) % turns.Length]);
            CheckResult result = Checker.Check(recording);
            results += result.Results;
            if (result.DifferenceCount > 0)
                Describe(result, recording, report);
            File.Delete(recording);
        }

        report.ToString().ShouldBeEmpty();
        results.ShouldBeGreaterThan(calls);
    }

    private static void Describe(CheckResult result, string recording, StringBuilder report)
    {
        string kept = Path.Combine(Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "differing")).FullName, Path.GetFileName(recording));
        File.Copy(recording, kept, overwrite: true);
        report.AppendLine($"{kept}: {result.Results} results, {result.DifferenceCount} differ");
        foreach (Difference difference in result.Differences.Take(10))
            report.AppendLine($"  {difference}");
    }
}
