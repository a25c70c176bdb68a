using BenchmarkDotNet.Attributes;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Benchmarks;

/// <summary>
/// The first store to each page of 1 GiB, time per page (5 million a second is 200 ns): TLB miss, walk, fault, frame,
/// entry, walk again. The kernel also clears the page's 4 KiB; the model notes that the frame holds nothing.
/// </summary>
[MemoryDiagnoser]
public class FaultsBenchmarks
{
    private const int Pages = 1 << 18;

    private readonly AccessRun[] _stores = new AccessRun[Pages];
    private Machine _machine = null!;
    private ulong _start;
    private int _task;

    /// <summary>Switches the machine on.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _machine = Machine.Create(new MachineSpec { Thp = ThpMode.Never });
        _task = _machine.SystemCalls.CreateInitialTask(1, "bench");
    }

    /// <summary>Maps 1 GiB anew.</summary>
    [IterationSetup]
    public void Map()
    {
        if (_start != 0)
            _machine.SystemCalls.Munmap(_task, _start, (ulong)Pages << 12);
        _start = _machine.SystemCalls.Mmap(_task, 0, (ulong)Pages << 12, Prot.Read | Prot.Write, MapFlags.Private | MapFlags.Anonymous, -1, 0).Address;
        for (int i = 0; i < Pages; i++)
            _stores[i] = new AccessRun(_start + ((ulong)i << 12), 1, AccessKind.Write);
    }

    /// <summary>Gives the machine back.</summary>
    [GlobalCleanup]
    public void Cleanup() => _machine.Dispose();

    /// <summary>262,144 first stores.</summary>
    [Benchmark(OperationsPerInvoke = Pages)]
    [LiveKernel("first_touch")]
    public int FirstTouch() => _machine.Access(_task, _stores, out _);
}
