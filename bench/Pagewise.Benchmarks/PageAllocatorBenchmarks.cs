using BenchmarkDotNet.Attributes;
using Pagewise.Abi;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Slab;

namespace Pagewise.Benchmarks;

/// <summary>What a frame costs: the per-CPU lists alone and the buddy system behind them.</summary>
[MemoryDiagnoser]
public class PageAllocatorBenchmarks
{
    private PhysicalMemory _memory = null!;
    private MemMap _frames = null!;
    private ZoneTable _zones = null!;
    private BuddyAllocator _buddy = null!;
    private KmemCache _cache = null!;
    private readonly uint[] _held = new uint[4096];

    /// <summary>The modelled release: 6.1 or 6.18.</summary>
    [Params(1, 18)]
    public int KernelMinor { get; set; } = 18;

    /// <summary>4 GiB of memory.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var kernel = new KernelVersion(6, KernelMinor);
        var layout = MemoryLayout.I440fx([4UL << 30], 1);
        _memory = new PhysicalMemory((ulong)layout.MaxPfn << 12);
        _frames = new MemMap(_memory);
        _zones = new ZoneTable(layout.Zones(), layout.Nodes, kernel, new PageAllocatorSysctls());
        var stat = new VmStat();
        _buddy = new BuddyAllocator(_zones, layout, _frames, stat);
        _cache = new KmemCache(1, new KmemCacheSpec("bench", 192, 0, SlabFlags.None), SlabLayout.Of(192, 0, cacheLineAligned: false, kernel, 1), _buddy, _frames, stat);
    }

    /// <summary>An object of 192 bytes and back: a CPU's own slab.</summary>
    [Benchmark]
    public void SlabPair() => _cache.Free(_cache.Allocate(Gfp.Kernel));

    /// <summary>Gives the memory back.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _cache.Dispose();
        _buddy.Dispose();
        _zones.Dispose();
        _frames.Dispose();
        _memory.Dispose();
    }

    /// <summary>A page of a program and back: per-CPU lists only.</summary>
    [Benchmark(Baseline = true)]
    public void PcpPair() => _buddy.FreePages(_buddy.AllocPages(Gfp.HighUserMovable, 0), 0);

    /// <summary>4096 pages and back: with refills and drains.</summary>
    [Benchmark(OperationsPerInvoke = 4096)]
    public void PcpPairOf4096Pages()
    {
        for (int i = 0; i < _held.Length; i++)
            _held[i] = _buddy.AllocPages(Gfp.HighUserMovable, 0);
        for (int i = 0; i < _held.Length; i++)
            _buddy.FreePages(_held[i], 0);
    }

    /// <summary>A block of order 4 split off a block of order 10, and merged again: six splits and six merges.</summary>
    [Benchmark]
    public void BuddySplitAndCoalesce() => _buddy.FreePages(_buddy.AllocPages(Gfp.Kernel, 4), 4);
}
