using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using Pagewise.Kernel;
using Pagewise.Replay.Sweeping;

namespace Pagewise.Benchmarks;

/// <summary>
/// A sweep of a recorded start of python3 over eight machines that are short of memory, by one thread and by more. Machines
/// share nothing, so that threads on cores of their own divide the time.
/// </summary>
[SimpleJob(RunStrategy.Monitoring, warmupCount: 1, iterationCount: 5)]
public class SweepBenchmarks
{
    private readonly string _recording = WorkloadsExamples.Find("python3.pgw");
    private readonly SweepAxis[] _axes = [SweepAxis.Parse("memory=18M..32M:2M")];

    /// <summary>Machines that run at once.</summary>
    [Params(1, 2, 4)]
    public int Threads { get; set; } = 1;

    /// <summary>The sweep.</summary>
    [Benchmark]
    public int Sweep() => Sweeper.Run(_recording, _axes, spec => spec with { SwapBytes = 1 << 30 }, null, Threads).Count;
}
