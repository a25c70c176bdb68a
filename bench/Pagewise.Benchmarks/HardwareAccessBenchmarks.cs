using BenchmarkDotNet.Attributes;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Benchmarks;

/// <summary>
/// Accesses to memory that is mapped, time per access (100 million a second is 10 ns): hits of the first-level TLB, and
/// random accesses over 4 GiB, of which nearly each is walked. Beside the walks stand random loads of the real CPU, which
/// is not the same work: it reads the data too, and keeps no counts. The baseline of the walks is a dictionary from page
/// to frame, which has no TLB, no rights and no counts.
/// </summary>
[MemoryDiagnoser]
[GroupBenchmarksBy(BenchmarkDotNet.Configs.BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class HardwareAccessBenchmarks
{
    // One invocation is short, so that on a busy machine the best one was not interrupted; invocations go round Drawn.
    private const int Drawn = 1 << 20;
    private const int Accesses = 1 << 16;
    private const ulong SizeBytes = 4UL << 30;

    private readonly AccessRun[] _random = new AccessRun[Drawn];
    private readonly AccessRun[] _near = new AccessRun[Drawn];
    private readonly Dictionary<ulong, ulong> _frames = [];
    private Machine _machine = null!;
    private int _task;
    private int _next;

    /// <summary>The CPU whose TLBs and caches are modelled.</summary>
    [Params("skylake", "zen4")]
    public string Cpu { get; set; } = "skylake";

    /// <summary>Maps 4 GiB, stores into every page, and draws the accesses: one in four is a store.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _machine = Machine.Create(new MachineSpec { MemoryBytes = 8UL << 30, Cpu = Cpu, Thp = ThpMode.Never });
        _task = _machine.SystemCalls.CreateInitialTask(1, "bench");
        ulong start = _machine.SystemCalls.Mmap(_task, 0, SizeBytes, Prot.Read | Prot.Write, MapFlags.Private | MapFlags.Anonymous, -1, 0).Address;
        for (ulong at = start; at < start + SizeBytes; at += 4096)
        {
            if (!_machine.Access(_task, at, AccessKind.Write).IsResolved)
                throw new InvalidOperationException($"page {at:x} could not be touched");
            _frames[at >> 12] = (at - start) >> 12;
        }

        Random random = new(1);
        for (int i = 0; i < Drawn; i++)
        {
            AccessKind kind = i % 4 == 0 ? AccessKind.Write : AccessKind.Read;
            _random[i] = new AccessRun(start + (ulong)random.NextInt64((long)SizeBytes), 1, kind);
            _near[i] = new AccessRun(start + (ulong)(i % 16 * 4096), 1, kind);
        }
    }

    /// <summary>Gives the machine back.</summary>
    [GlobalCleanup]
    public void Cleanup() => _machine.Dispose();

    /// <summary>Sixteen pages in turn: every access hits the first level.</summary>
    [Benchmark(OperationsPerInvoke = Accesses)]
    [BenchmarkCategory("hit")]
    public int TlbHits() => _machine.Access(_task, Next(_near), out _);

    /// <summary>The same, one call for each access.</summary>
    [Benchmark(OperationsPerInvoke = Accesses)]
    [BenchmarkCategory("hit")]
    public int TlbHitsOneByOne() => OneByOne(Next(_near));

    /// <summary>Random pages: nearly every access is walked.</summary>
    [Benchmark(OperationsPerInvoke = Accesses)]
    [BenchmarkCategory("walk")]
    [LiveKernel("random_load")]
    public int RandomWalks() => _machine.Access(_task, Next(_random), out _);

    /// <summary>The same, one call for each access, so that no walk can be foreseen.</summary>
    [Benchmark(OperationsPerInvoke = Accesses)]
    [BenchmarkCategory("walk")]
    [LiveKernel("random_load_chained")]
    public int RandomWalksOneByOne() => OneByOne(Next(_random));

    /// <summary>The same pages in a dictionary.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Accesses)]
    [BenchmarkCategory("walk")]
    public ulong RandomLooksInADictionary()
    {
        ulong sum = 0;
        foreach (ref readonly AccessRun run in Next(_random))
            sum += _frames[run.Address >> 12];
        return sum;
    }

    private ReadOnlySpan<AccessRun> Next(AccessRun[] runs)
    {
        _next = (_next + Accesses) % Drawn;
        return runs.AsSpan(_next, Accesses);
    }

    private int OneByOne(ReadOnlySpan<AccessRun> runs)
    {
        int done = 0;
        foreach (ref readonly AccessRun run in runs)
        {
            if (_machine.Access(_task, run.Address, run.Kind).IsResolved)
                done++;
        }

        return done;
    }
}
