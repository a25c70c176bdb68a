using Pagewise.Malloc;
using Pagewise.Replay.Heap;
using Pagewise.Workloads;

namespace Pagewise.Replay.Tests.Heap;

public class HeapReplayerTests
{
    public static TheoryData<string> Recordings => HeapOracleTests.Recordings;

    [Theory]
    [MemberData(nameof(Recordings))]
    public void WithTheRecordedTunablesEveryBlockLiesWhereItWasRecorded(string file)
    {
        HeapScript script = Oracle(file);
        using var replayer = HeapReplayer.Create(script, new HeapReplayOptions());
        replayer.Run();

        HeapTotals totals = replayer.Totals;
        totals.Calls.ShouldBe(script.Calls);
        totals.Abort.ShouldBeNull();
        totals.Different.ShouldBe(0, $"first at step {totals.FirstDifferentStep}");
        script.Warnings.ShouldBeEmpty();
    }

    private static HeapScript Oracle(string file) => HeapScript.Read(Path.Combine(HeapOracle.Folder, "heap", file));
}
