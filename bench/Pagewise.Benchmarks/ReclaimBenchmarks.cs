using BenchmarkDotNet.Attributes;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Swap;

namespace Pagewise.Benchmarks;

/// <summary>
/// Zipf accesses over 2 Mi pages of anonymous memory on a machine that holds 1/1.3 of them: TLB, faults, LRU lists, kswapd,
/// swap, time per access (10 million a second is 100 ns). The accesses are drawn beforehand. Beside it an LRU list of as
/// many pages, as cache simulators have it, which does none of that.
/// </summary>
public class ReclaimBenchmarks : PressedMachineBenchmarks
{
    private LruListCache _list = null!;

    /// <summary>Whether swap is zram-like: done at once, no device to wait for.</summary>
    [Params(true, false)]
    public bool IsSynchronous { get; set; }

    /// <summary>The list.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = PressedMachine.Accesses)]
    public int LruList()
    {
        int hits = 0;
        foreach (ref readonly AccessRun run in Runs)
            hits += _list.Use(run.Address >> 12) ? 1 : 0;
        return hits;
    }

    private protected override PressedMachine SwitchOn()
    {
        _list = new LruListCache((int)PressedMachine.MemoryPages);
        return new PressedMachine(
            new MachineSpec
            {
                MemoryBytes = PressedMachine.MemoryPages << 12,
                Cpus = 1,
                Thp = ThpMode.Never,
                OvercommitMemory = 1,
                PageCluster = IsSynchronous ? 0 : 3,
                SwapBytes = (ulong)(2 * PressedMachine.Pages) << 12,
                SwapAreas = [new SwapAreaSpec((2 * PressedMachine.Pages) + 1) { IsSynchronous = IsSynchronous }],
                BlockDevices = [BlockDeviceSpec.Find("nvme")!],
            },
            used: page => _list.Use(page));
    }
}
