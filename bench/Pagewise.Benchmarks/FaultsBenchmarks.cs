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
    // One iteration is short, so that on a busy machine the best one was not interrupted; iterations go through Mapped.
    private const int Mapped = 1 << 18;
    private const int Pages = 1 << 14;

    private readonly AccessRun[] _stores = new AccessRun[Mapped];
    private Machine _machine = null!;
    private ulong _start;
    private int _next = Mapped;
    private int _task;

    /// <summary>Switches the machine on and warms up.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _machine = Machine.Create(new MachineSpec { Thp = ThpMode.Never });
        _task = _machine.SystemCalls.CreateInitialTask(1, "bench");
        // An iteration is one call, too few for the runtime to compile what they call in full.
        for (int i = 0; i < 4 * Mapped / Pages; i++)
        {
            Advance();
            FirstTouch();
        }
    }

    /// <summary>Goes on to the next pages; maps 1 GiB anew when there are none.</summary>
    [IterationSetup]
    public void Advance()
    {
        _next += Pages;
        if (_next < Mapped)
            return;
        _next = 0;
        if (_start != 0)
            _machine.SystemCalls.Munmap(_task, _start, (ulong)Mapped << 12);
        _start = _machine.SystemCalls.Mmap(_task, 0, (ulong)Mapped << 12, Prot.Read | Prot.Write, MapFlags.Private | MapFlags.Anonymous, -1, 0).Address;
        for (int i = 0; i < Mapped; i++)
            _stores[i] = new AccessRun(_start + ((ulong)i << 12), 1, AccessKind.Write);
    }

    /// <summary>Gives the machine back.</summary>
    [GlobalCleanup]
    public void Cleanup() => _machine.Dispose();

    /// <summary>16,384 first stores.</summary>
    [Benchmark(OperationsPerInvoke = Pages)]
    [LiveKernel("first_touch")]
    public int FirstTouch() => _machine.Access(_task, _stores.AsSpan(_next, Pages), out _);
}
