using BenchmarkDotNet.Attributes;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Swap;

namespace Pagewise.Benchmarks;

/// <summary>
/// Zipf accesses (s = 1) over 2 Mi pages of anonymous memory on a machine that holds 1/1.3 of them: TLB, faults, LRU
/// lists, kswapd, swap, time per access (10 million a second is 100 ns). One access in four is a store. Beside it an LRU
/// list of as many pages, as cache simulators have it, which does none of that.
/// </summary>
public class ReclaimBenchmarks
{
    private const int Pages = 2 << 20;
    private const int Drawn = 1 << 23;
    private const int Accesses = 1 << 20;
    private const double WorkingSetToMemory = 1.3;

    private readonly AccessRun[] _runs = new AccessRun[Drawn];
    private Machine _machine = null!;
    private LruListCache _list = null!;
    private int _task;
    private int _next;

    /// <summary>Whether swap is zram-like: done at once, no device to wait for.</summary>
    [Params(true, false)]
    public bool IsSynchronous { get; set; }

    /// <summary>Switches the machine on, stores into every page and lets both come to rest.</summary>
    [GlobalSetup]
    public void Setup()
    {
        const ulong memoryPages = (ulong)(Pages / WorkingSetToMemory);
        _machine = Machine.Create(new MachineSpec
        {
            MemoryBytes = memoryPages << 12,
            Cpus = 1,
            Thp = ThpMode.Never,
            OvercommitMemory = 1,
            PageCluster = IsSynchronous ? 0 : 3,
            SwapBytes = (ulong)(2 * Pages) << 12,
            SwapAreas = [new SwapAreaSpec((2 * Pages) + 1) { IsSynchronous = IsSynchronous }],
            BlockDevices = [Kernel.Block.BlockDeviceSpec.Find("nvme")!],
        });
        _task = _machine.SystemCalls.CreateInitialTask(1, "bench");
        ulong start = _machine.SystemCalls.Mmap(_task, 0, (ulong)Pages << 12, Prot.Read | Prot.Write, MapFlags.Private | MapFlags.Anonymous, -1, 0).Address;
        var zipf = new Zipf(Pages, 1, 1);
        for (int i = 0; i < Drawn; i++)
            _runs[i] = new AccessRun(start + ((ulong)zipf.Next() << 12), 1, i % 4 == 0 ? AccessKind.Write : AccessKind.Read);
        _list = new LruListCache((int)memoryPages);
        for (ulong page = 0; page < Pages; page++)
        {
            if (!_machine.Access(_task, start + (page << 12), AccessKind.Write).IsResolved)
                throw new InvalidOperationException($"page {page} could not be touched");
            _list.Use((start >> 12) + page);
        }

        for (int i = 0; i < Drawn / Accesses; i++)
        {
            Reclaim();
            _next -= Accesses;
            LruList();
        }
    }

    /// <summary>Gives the machine back.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        Console.WriteLine($"// majflt {_machine.VmStat.PgMajFault}, pswpin {_machine.VmStat.PswpIn}, pswpout {_machine.VmStat.PswpOut}, refaults {_machine.VmStat.WorkingsetRefaultAnon}");
        _machine.Dispose();
    }

    /// <summary>The modelled machine.</summary>
    [Benchmark(OperationsPerInvoke = Accesses)]
    public int Reclaim() => _machine.Access(_task, Next(), out _);

    /// <summary>The list.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Accesses)]
    public int LruList()
    {
        int hits = 0;
        foreach (ref readonly AccessRun run in Next())
            hits += _list.Use(run.Address >> 12) ? 1 : 0;
        return hits;
    }

    private ReadOnlySpan<AccessRun> Next()
    {
        int at = _next & (Drawn - 1);
        _next += Accesses;
        return _runs.AsSpan(at, Accesses);
    }
}
