using System.Runtime.CompilerServices;
using Pagewise.Abi;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Lru;

/// <summary>
/// The LRU lists of a machine (mm/swap.c, include/linux/mm_inline.h; 6.1): a lruvec for each cgroup
/// and node, per-CPU batches in front of them. A lruvec's number is its node's plus the cgroup's times the nodes; the
/// root's come first, so that they have the nodes' numbers. A frame is in at most one list; which one its flags say. Frames are linked through <see cref="PageFrame.Next"/>
/// and <see cref="PageFrame.Prev"/>.
/// </summary>
/// <remarks>Simplified: locking of pages is immediate where Linux batches it too.</remarks>
public sealed partial class LruLists : IDisposable
{
    private const int MoveCount = 6;
    private const int BatchBefore69 = 15;

    private readonly MemMap _memMap;
    private readonly BuddyAllocator _allocator;
    private readonly ZoneTable _zones;
    private readonly VmStat _stat;
    private readonly MemCgroups _memcgs;
    private readonly int _nodes;
    private readonly NativeArray<Lruvec> _lruvecs;
    private readonly NativeArray<long> _zonePages;
    private readonly NativeArray<LruBatch> _batches;
    private readonly int _batchSize;
    private readonly bool _freesInOrder;

    /// <summary>Empty lists.</summary>
    /// <param name="memMap">The frames.</param>
    /// <param name="allocator">Who hands them out.</param>
    /// <param name="stat">Counters.</param>
    /// <param name="memcgs">The memory cgroups.</param>
    /// <param name="caps">What of the multi-generational LRU is on; none: the classic lists.</param>
    public LruLists(MemMap memMap, BuddyAllocator allocator, VmStat stat, MemCgroups memcgs, LruGenCaps caps = LruGenCaps.None)
    {
        _memcgs = memcgs;
        _nodes = allocator.Zones.NodeCount;
        _memMap = memMap;
        _allocator = allocator;
        _zones = allocator.Zones;
        _stat = stat;
        _lruvecs = new NativeArray<Lruvec>((ulong)PageFrame.MostMemcg * (ulong)_nodes);
        _zonePages = new NativeArray<long>((ulong)(_zones.ZoneCount * Lruvec.ListCount));
        _batches = new NativeArray<LruBatch>((ulong)(_zones.CpuCount * MoveCount));
        _freesInOrder = _zones.Kernel >= new KernelVersion(6, 9);
        _batchSize = _zones.Kernel < new KernelVersion(6, 9) ? BatchBefore69 : LruBatch.MostFrames;
        GenCaps = caps;
        if ((caps & LruGenCaps.Core) == 0)
            return;
        _gens = new NativeArray<LruGen>(_lruvecs.Length);
        _genOf = new NativeArray<byte>(memMap.Count);
        GenFilters = new BloomFilters(_lruvecs.Length);
    }

    /// <summary>Frames that a batch holds (PAGEVEC_SIZE).</summary>
    internal int BatchSize => _batchSize;

    /// <summary>The memory cgroups that the lists are kept for.</summary>
    public MemCgroups Memcgs => _memcgs;

    /// <summary>A lruvec; by the number of a node the root cgroup's, whose totals are the node's.</summary>
    public ref Lruvec this[int lruvec]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _lruvecs[lruvec];
    }

    /// <summary>The number of a cgroup's lruvec of a node (mem_cgroup_lruvec); 0 counts as the root.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int LruvecOf(int memcg, int node) => ((Math.Max(memcg, MemCgroups.Root) - MemCgroups.Root) * _nodes) + node;

    /// <summary>The number of the lruvec that a frame belongs to (folio_lruvec).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int LruvecOf(uint pfn) => LruvecOf(_memMap[pfn].Memcg, NodeOf(pfn));

    /// <summary>The node of a lruvec (lruvec_pgdat).</summary>
    public int NodeOfLruvec(int lruvec) => lruvec % _nodes;

    /// <summary>The cgroup of a lruvec (lruvec_memcg).</summary>
    public int MemcgOfLruvec(int lruvec) => (lruvec / _nodes) + MemCgroups.Root;

    /// <summary>Pages of a zone in a list (zone_page_state(NR_ZONE_LRU_BASE + lru)).</summary>
    /// <param name="zone">The zone, an index into <see cref="ZoneTable"/>.</param>
    /// <param name="list">The list.</param>
    public long ZonePages(int zone, LruList list) => _zonePages[(zone * Lruvec.ListCount) + (int)list];

    /// <summary>Pages of a kind in all nodes (global_node_page_state).</summary>
    public long Pages(LruList list)
    {
        long pages = 0;
        for (int node = 0; node < _zones.NodeCount; node++)
            pages += _lruvecs[node].Pages(list);
        return pages;
    }

    /// <summary>The node whose lists a frame belongs to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int NodeOf(uint pfn) => _zones[_allocator.ZoneOf(pfn)].Node;

    /// <summary>The list that a frame's flags say (folio_lru_list).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LruList ListOf(PageFlags flags)
    {
        if ((flags & PageFlags.Unevictable) != 0)
            return LruList.Unevictable;
        return (IsFileLru(flags) ? LruList.InactiveFile : LruList.InactiveAnon) + ((flags & PageFlags.Active) != 0 ? 1 : 0);
    }

    /// <summary>Whether a page belongs to a file list (folio_is_file_lru): it needs no swap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsFileLru(PageFlags flags) => (flags & PageFlags.SwapBacked) == 0;

    /// <summary>Pages of a frame that stands for a huge page, else 1 (folio_nr_pages).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long PagesOf(PageFlags flags) => (flags & PageFlags.Head) != 0 ? HugePage.Frames : 1;

    /// <summary>Links a frame at the new end of its list (lruvec_add_folio).</summary>
    public void AddToList(uint pfn, bool toTail = false)
    {
        ref PageFrame frame = ref _memMap[pfn];
        if (_gens is not null && (frame.Flags & PageFlags.Unevictable) == 0)
        {
            AddToGen(pfn, toTail);
            return;
        }

        int zone = _allocator.ZoneOf(pfn);
        LruList list = ListOf(frame.Flags);
        long pages = PagesOf(frame.Flags);
        ref LruListHead head = ref Count(frame.Memcg, zone, list, pages);
        if (list != LruList.Unevictable)
            Link(ref head, pfn, ref frame, toTail);
    }

    /// <summary>Unlinks a frame from the list that its flags say (lruvec_del_folio).</summary>
    public void RemoveFromList(uint pfn)
    {
        ref PageFrame frame = ref _memMap[pfn];
        if (_gens is not null && GenOf(pfn) >= 0)
        {
            RemoveFromGen(pfn, isReclaiming: false);
            return;
        }

        int zone = _allocator.ZoneOf(pfn);
        LruList list = ListOf(frame.Flags);
        long pages = PagesOf(frame.Flags);
        ref LruListHead head = ref Count(frame.Memcg, zone, list, -pages);
        if (list != LruList.Unevictable)
            Unlink(ref head, ref frame);
    }

    /// <summary>Puts a listed frame at the old end of the active or inactive list of its kind: for a machine that begins in the middle.</summary>
    internal void Place(uint pfn, bool isActive)
    {
        PageFlags flags = _memMap[pfn].Flags;
        Relink(pfn, isActive ? flags | PageFlags.Active : flags & ~PageFlags.Active, toTail: true);
    }

    /// <summary>Takes a frame off its list for someone who works on it, with a reference (folio_isolate_lru). False when it is in none.</summary>
    public bool Isolate(uint pfn)
    {
        ref PageFrame frame = ref _memMap[pfn];
        if ((frame.Flags & PageFlags.Lru) == 0)
            return false;
        frame.RefCount++;
        RemoveFromList(pfn);
        frame.Flags &= ~PageFlags.Lru;
        return true;
    }

    /// <summary>Puts an isolated frame back, onto the list where it belongs by now, and drops the reference (folio_putback_lru).</summary>
    public void Putback(uint pfn)
    {
        Add(pfn);
        Put(pfn);
    }

    /// <summary>
    /// Puts a frame where it belongs now that it is locked, or no longer (mlock_folio, munlock_folio). Linux does it in
    /// batches of 15, and counts how many areas lock a page.
    /// </summary>
    public void UpdateEvictable(uint pfn)
    {
        ref PageFrame frame = ref _memMap[pfn];
        if ((frame.Flags & PageFlags.Lru) == 0)
            return;
        RemoveFromList(pfn);
        PlaceByEvictable(ref frame);
        AddToList(pfn);
    }

    /// <summary>What becomes of a frame's list when the last reference goes (release_pages, __page_cache_release).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Release(uint pfn)
    {
        ref PageFrame frame = ref _memMap[pfn];
        if ((frame.Flags & PageFlags.Lru) == 0)
            return;
        RemoveFromList(pfn);
        frame.Flags &= ~(PageFlags.Lru | PageFlags.Active | PageFlags.Unevictable);
    }

    /// <summary>Drops a reference (folio_put); the last one frees the frame or the whole huge page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put(uint pfn)
    {
        ref PageFrame frame = ref _memMap[pfn];
        if (--frame.RefCount == 0)
            Free(pfn);
    }

    /// <summary>Gives a frame without references, or a huge page, back to the allocator (__folio_put).</summary>
    public void Free(uint pfn)
    {
        Forget(pfn);
        _allocator.FreePages(pfn, (_memMap[pfn].Flags & PageFlags.Head) != 0 ? HugePage.Order : 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gens?.Dispose();
        _genOf?.Dispose();
        GenFilters?.Dispose();
        _lruvecs.Dispose();
        _zonePages.Dispose();
        _batches.Dispose();
    }

    /// <summary>Links a frame at an end of a list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Link(ref LruListHead head, uint pfn, ref PageFrame frame, bool toTail)
    {
        if (toTail)
        {
            frame.Next = 0;
            frame.Prev = head.Last;
            (head.Last != 0 ? ref _memMap[head.Last].Next : ref head.First) = pfn;
            head.Last = pfn;
        }
        else
        {
            frame.Prev = 0;
            frame.Next = head.First;
            (head.First != 0 ? ref _memMap[head.First].Prev : ref head.Last) = pfn;
            head.First = pfn;
        }
    }

    /// <summary>Takes a frame out of a list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Unlink(ref LruListHead head, ref PageFrame frame)
    {
        (frame.Prev != 0 ? ref _memMap[frame.Prev].Next : ref head.First) = frame.Next;
        (frame.Next != 0 ? ref _memMap[frame.Next].Prev : ref head.Last) = frame.Prev;
        frame.Next = 0;
        frame.Prev = 0;
    }

    /// <summary>Counts pages that come to or leave a list, in the lruvec, the zone and all cgroups above (update_lru_size); the list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref LruListHead Count(int memcg, int zone, LruList list, long pages)
    {
        int node = _zones[zone].Node;
        _zonePages[(zone * Lruvec.ListCount) + (int)list] += pages;
        ref Lruvec lruvec = ref _lruvecs[LruvecOf(memcg, node)];
        lruvec.Totals[(int)list] += pages;
        _listUpdates += Math.Abs(pages);
        lruvec.ZonePages[((int)_zones[zone].Type * Lruvec.ListCount) + (int)list] += pages;
        lruvec.Lists[(int)list].Pages += pages;
        if (memcg > MemCgroups.Root)
            CountAbove(memcg, node, list, pages);
        return ref lruvec.Lists[(int)list];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CountAbove(int memcg, int node, LruList list, long pages)
    {
        while ((memcg = _memcgs.ParentOf(memcg)) != 0)
            _lruvecs[LruvecOf(memcg, node)].Totals[(int)list] += pages;
    }

    /// <summary>Takes a frame without references out of its list, and unlocks it (__page_cache_release).</summary>
    private void Forget(uint pfn)
    {
        Release(pfn);
        if (_genOf is not null)
            _genOf[pfn] = 0;
        PageFlags flags = _memMap[pfn].Flags;
        if ((flags & PageFlags.Mlocked) == 0)
            return;
        _stat.NrMlock -= PagesOf(flags);
        _memMap[pfn].Flags &= ~PageFlags.Mlocked;
    }

    /// <summary>What lru_add_fn decides by folio_evictable: locked pages are unevictable.</summary>
    private void PlaceByEvictable(ref PageFrame frame)
    {
        bool wasUnevictable = (frame.Flags & PageFlags.Unevictable) != 0;
        if ((frame.Flags & PageFlags.Mlocked) == 0)
        {
            frame.Flags &= ~PageFlags.Unevictable;
            if (wasUnevictable)
                _stat.UnevictablePgsRescued += PagesOf(frame.Flags);
            return;
        }

        frame.Flags = (frame.Flags & ~PageFlags.Active) | PageFlags.Unevictable;
        if (!wasUnevictable)
            _stat.UnevictablePgsCulled += PagesOf(frame.Flags);
    }
}
