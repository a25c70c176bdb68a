using System.Runtime.CompilerServices;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Swap;

/// <summary>
/// Swap (mm/swapfile.c, mm/swap_state.c, mm/page_io.c; 6.1): areas with their slots and use counts, per-CPU stocks of
/// slots, the swap cache, and the transfers. Pages are really copied out and back.
/// </summary>
/// <remarks>Simplified: use counts have no upper limit, so none is continued; slots of huge pages are not kept together.</remarks>
public sealed partial class SwapSpace : IBlockCompletion, IDisposable
{
    private readonly MemMap _memMap;
    private readonly BuddyAllocator _allocator;
    private readonly LruLists _lru;
    private readonly VmStat _stat;
    private readonly Clock _clock;
    private readonly EventQueue _events;
    private readonly BlockDevices _blocks;
    private readonly SwapArea?[] _areas = new SwapArea?[SwpEntry.MostAreas];
    private readonly VmSettings _settings;
    private readonly int _completion;
    private NativeArray<ulong> _entryOf;
    private readonly Arena<SwapIo> _transfers = new(1 << 20);
    private readonly NativeArray<SwapSlotsCache> _stocks;
    private readonly bool _hasStocks;
    private readonly int _pageCluster;
    private readonly bool _hasVmaReadahead;
    private readonly Zswap? _zswap;

    /// <summary>Switches swap areas on (swapon).</summary>
    /// <param name="memMap">The frames.</param>
    /// <param name="allocator">Who hands frames out.</param>
    /// <param name="lru">The LRU lists.</param>
    /// <param name="stat">Counters.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="events">What is to happen when.</param>
    /// <param name="blocks">The block devices; the last one holds the areas.</param>
    /// <param name="areas">The areas, and those that can be switched on later.</param>
    /// <param name="settings">What the release does; told how much swap there is.</param>
    /// <param name="pageCluster">vm.page-cluster: log2 of the pages that a read from swap brings.</param>
    /// <param name="hasVmaReadahead">vma_ra_enabled: whether neighbours are read by address where no area lies on a disk that turns.</param>
    /// <param name="zswap">The parameters of zswap.</param>
    internal SwapSpace(MemMap memMap, BuddyAllocator allocator, LruLists lru, VmStat stat, Clock clock, EventQueue events, BlockDevices blocks, IReadOnlyList<SwapAreaSpec> areas, VmSettings settings, int pageCluster, bool hasVmaReadahead, ZswapSettings zswap)
    {
        _memMap = memMap;
        _allocator = allocator;
        _lru = lru;
        _stat = stat;
        _clock = clock;
        _events = events;
        _blocks = blocks;
        _settings = settings;
        _completion = blocks.Register(this);
        _plugs = [.. Enumerable.Range(0, allocator.Zones.NodeCount + 1).Select(_ => new SwapPlug())];
        _entryOf = new NativeArray<ulong>(1);
        _stocks = new NativeArray<SwapSlotsCache>((ulong)allocator.Zones.CpuCount);
        _hasStocks = settings.Features.HasSwapSlotsCache;
        _pageCluster = pageCluster;
        _hasVmaReadahead = hasVmaReadahead;
        if (zswap.IsEnabled)
            _zswap = new Zswap(zswap, settings, allocator, lru.Memcgs, stat, clock, events, WriteBackCompressed);
        foreach (SwapAreaSpec spec in areas)
        {
            if (spec.IsOff)
                _known[spec.Name] = spec;
            else
                SwapOn(spec);
        }
    }

    /// <summary>Frames that zram, and zswap where its pool is zsmalloc, keep compressed pages in (nr_zspages).</summary>
    public long CompressedFrames
    {
        get
        {
            long frames = _zswap?.Zspages ?? 0;
            foreach (SwapArea? area in _areas)
                frames += area?.Compressed?.Frames ?? 0;
            return frames;
        }
    }

    /// <summary>Whether zswap is on.</summary>
    public bool HasZswap => _zswap is not null;

    /// <summary>Frames of zswap's pool (Zswap of /proc/meminfo).</summary>
    public long ZswapFrames => _zswap?.PoolFrames ?? 0;

    /// <summary>Pages that zswap keeps (Zswapped).</summary>
    public long ZswappedPages => _zswap?.StoredPages ?? 0;

    /// <summary>The frames that zram and zswap keep pages in, for walkers.</summary>
    internal List<uint> CollectCompressedFrames()
    {
        List<uint> frames = [];
        _zswap?.CollectFrames(frames);
        foreach (SwapArea? area in _areas)
            area?.Compressed?.CollectFrames(frames);
        return frames;
    }

    /// <summary>The shared memory whose contents nobody knows, for it was there before the model: zram takes it to compress to half. 0: none.</summary>
    internal int UnknownContents { get; set; }

    /// <summary>Whether there is any area.</summary>
    internal bool HasAreas { get; private set; }

    /// <summary>Whether more than half of swap is in use, so that clean pages in memory should not keep slots (vm_swap_full).</summary>
    public bool IsFull => _stat.NrSwapPages * 2 < _stat.TotalSwapPages;

    /// <summary>Whether swap is short for who pays for a page (mem_cgroup_swap_full).</summary>
    public bool IsFullFor(in PageFrame frame) => IsFull || _lru.Memcgs.IsSwapFull(frame.Memcg);

    /// <summary>Slots that hold something, of all areas (SwapTotal − SwapFree), those in CPUs' stocks included.</summary>
    public long UsedPages => _stat.TotalSwapPages - _stat.NrSwapPages;

    /// <summary>Tells the host's CPU that a slot will be looked at soon. Changes nothing in the model.</summary>
    internal void Prefetch(SwpEntry entry)
    {
        SwapArea area = _areas[entry.Type]!;
        area.Slots.Prefetch(entry.Offset);
        area.Compressed?.Prefetch(entry.Offset);
    }

    /// <summary>The same for where a page of the swap cache keeps its slot's number.</summary>
    internal void PrefetchEntryOf(uint pfn) => _entryOf.Prefetch(pfn);

    /// <summary>How many entries name a slot (__swap_count).</summary>
    public uint Count(SwpEntry entry) => Slot(entry).Count;

    /// <summary>One more entry names a slot (swap_duplicate).</summary>
    public void Duplicate(SwpEntry entry) => Slot(entry).Count++;

    /// <summary>Whether reads of an area are done at once.</summary>
    internal bool IsSynchronous(SwpEntry entry) => _areas[entry.Type]!.Spec.IsSynchronous;

    /// <summary>An entry that named a slot is gone (swap_free).</summary>
    public void Free(SwpEntry entry)
    {
        ref SwapSlot slot = ref Slot(entry);
        if (slot.Count == 0)
            throw new InvalidOperationException($"swap slot {entry.Type}:{entry.Offset} is freed more often than it is named");
        if (--slot.Count == 0 && !slot.HasCache)
        {
            slot.HasCache = true;
            FreeSlot(entry);
        }
    }

    /// <summary>An entry is gone, and with the last one the page in the swap cache if nothing else wants it (free_swap_and_cache).</summary>
    public void FreeAndCache(SwpEntry entry)
    {
        Free(entry);
        ref SwapSlot slot = ref Slot(entry);
        if (slot.Count != 0 || !slot.HasCache || slot.Cache == 0 || LruLists.IsShadow(slot.Cache))
            return;
        uint pfn = (uint)slot.Cache;
        ref PageFrame frame = ref _memMap[pfn];
        // __try_to_reclaim_swap: a page that is mapped or on its way stays.
        if (frame.MapCount == 0 && (frame.Flags & PageFlags.Reading) == 0)
            _ = TryFree(pfn);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SwapArea? area in _areas)
            area?.Dispose();
        _zswap?.Dispose();
        _entryOf.Dispose();
        _transfers.Dispose();
        _stocks.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref SwapSlot Slot(SwpEntry entry) => ref _areas[entry.Type]!.Slots[entry.Offset];
}
