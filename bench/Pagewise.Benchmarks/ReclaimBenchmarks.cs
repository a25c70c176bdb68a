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
    private const int Accesses = 1 << 20;
    private const int WarmUps = 16;
    private const double WorkingSetToMemory = 1.3;

    private readonly AccessRun[] _runs = new AccessRun[Accesses];
    private readonly Zipf _zipf = new(Pages, 1, 1);
    private Machine _machine = null!;
    private LruListCache _list = null!;
    private int _task;
    private ulong _start;

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
        _start = _machine.SystemCalls.Mmap(_task, 0, (ulong)Pages << 12, Prot.Read | Prot.Write, MapFlags.Private | MapFlags.Anonymous, -1, 0).Address;
        _list = new LruListCache((int)memoryPages);
        for (ulong page = 0; page < Pages; page++)
        {
            if (!_machine.Access(_task, _start + (page << 12), AccessKind.Write).IsResolved)
                throw new InvalidOperationException($"page {page} could not be touched");
            _list.Use((_start >> 12) + page);
        }

        for (int i = 0; i < WarmUps; i++)
        {
            Draw();
            Reclaim();
            LruList();
        }
    }

    /// <summary>Draws other accesses: the same ones again would be a smaller working set.</summary>
    [IterationSetup]
    public void Draw()
    {
        for (int i = 0; i < Accesses; i++)
            _runs[i] = new AccessRun(_start + ((ulong)_zipf.Next() << 12), 1, i % 4 == 0 ? AccessKind.Write : AccessKind.Read);
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
    public int Reclaim() => _machine.Access(_task, _runs, out _);

    /// <summary>The list.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Accesses)]
    public int LruList()
    {
        int hits = 0;
        foreach (ref readonly AccessRun run in _runs.AsSpan())
            hits += _list.Use(run.Address >> 12) ? 1 : 0;
        return hits;
    }
}
