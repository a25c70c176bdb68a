using System.Runtime.InteropServices;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Reclaim;

/// <content>Taking pages off a list and putting them back (isolate_lru_folios, shrink_inactive_list, shrink_active_list, move_folios_to_lru).</content>
internal sealed partial class Vmscan
{
    private long ShrinkInactiveList(int lruvec, LruList list, int count, ref ScanControl sc)
    {
        bool isFile = list == LruList.InactiveFile;
        _lru.Drain();
        long taken = Isolate(lruvec, list, count, ref sc, out long scanned);
        CountIsolated(isFile, taken);
        CountScan(_lru.MemcgOfLruvec(lruvec), in sc, scanned);
        if (isFile)
            _stat.PgScanFile += scanned;
        else
            _stat.PgScanAnon += scanned;
        if (taken == 0)
            return 0;
        if (sc.Nr.Taken == 0)
            _clock.IsolatingPasses++;
        ScanCounts counts = default;
        long reclaimed = ShrinkFolioList(_lru.NodeOfLruvec(lruvec), ref sc, ref counts);
        // A page whose write ends while it is isolated is not rotated.
        _swap.CompleteDue();
        PutBack(lruvec, _returned, out _);
        CountIsolated(isFile, -taken);
        CountSteal(_lru.MemcgOfLruvec(lruvec), in sc, reclaimed);
        if (isFile)
            _stat.PgStealFile += reclaimed;
        else
            _stat.PgStealAnon += reclaimed;
        long cost = _features.CountsRotationsAsCost ? counts.Pageout * ScanControl.SwapClusterMax : counts.Pageout;
        if (cost != 0)
            _lru.NoteCost(lruvec, isFile, cost);
        sc.Nr.Dirty += counts.Dirty;
        sc.Nr.Congested += counts.Congested;
        sc.Nr.UnqueuedDirty += counts.UnqueuedDirty;
        sc.Nr.Writeback += counts.Writeback;
        sc.Nr.Immediate += counts.Immediate;
        sc.Nr.Taken += taken;
        if (isFile)
            sc.Nr.FileTaken += taken;
        if (counts.UnqueuedDirty == taken)
            _writeback.StartAll();
        Tracepoints?.MmVmscanLruShrinkInactive(new LruShrunk(
            _lru.NodeOfLruvec(lruvec), sc.IsKswapd, scanned, reclaimed, counts.Dirty, counts.Writeback, counts.Congested, counts.Immediate,
            counts.ActivateAnon, counts.ActivateFile, counts.RefKeep, counts.UnmapFail, sc.Priority, isFile));
        return reclaimed;
    }

    private void ShrinkActiveList(int lruvec, LruList list, int count, ref ScanControl sc)
    {
        bool isFile = list == LruList.ActiveFile;
        _lru.Drain();
        long taken = Isolate(lruvec, list, count, ref sc, out long scanned);
        CountIsolated(isFile, taken);
        if (!sc.IsCgroupReclaim)
            _stat.PgRefill += scanned;
        _memcgs.Count(_lru.MemcgOfLruvec(lruvec), MemcgStat.PgRefill, scanned);
        long rotated = 0;
        _returned.Clear();
        _second.Clear();
        foreach (uint pfn in CollectionsMarshal.AsSpan(_isolated))
        {
            PrefetchNext();
            ref PageFrame frame = ref _memMap[pfn];
            if ((frame.Flags & PageFlags.Mlocked) != 0)
            {
                _lru.Putback(pfn);
                continue;
            }

            if (_rmap.Referenced(pfn, sc.TargetMemcg, out VmFlags flags) != 0 && isFile && (flags & VmFlags.Exec) != 0)
            {
                rotated += LruLists.PagesOf(frame.Flags);
                _returned.Add(pfn);
                continue;
            }

            frame.Flags = (frame.Flags & ~PageFlags.Active) | PageFlags.Workingset;
            _second.Add(pfn);
        }

        PutBack(lruvec, _returned, out long active);
        PutBack(lruvec, _second, out long deactivated);
        _stat.PgDeactivate += deactivated;
        _memcgs.Count(_lru.MemcgOfLruvec(lruvec), MemcgStat.PgDeactivate, deactivated);
        CountIsolated(isFile, -taken);
        if (_features.CountsRotationsAsCost && rotated != 0)
            _lru.NoteCost(lruvec, isFile, rotated);
        Tracepoints?.MmVmscanLruShrinkActive(new LruAged(_lru.NodeOfLruvec(lruvec), sc.IsKswapd, taken, active, deactivated, rotated, sc.Priority, isFile));
    }

    /// <summary>
    /// Takes pages off the old end of a list, each with a reference; those of zones that do not help go to the new end
    /// and count as looked at (6.1).
    /// </summary>
    private long Isolate(int lruvec, LruList list, int count, ref ScanControl sc, out long totalScanned)
    {
        _isolated.Clear();
        _skipped.Clear();
        ref LruListHead head = ref _lru[lruvec].Lists[(int)list];
        long taken = 0, skipped = 0;
        totalScanned = 0;
        for (long scanned = 0; scanned < count && head.Last != 0;)
        {
            uint pfn = head.Last;
            ref PageFrame frame = ref _memMap[pfn];
            long pages = LruLists.PagesOf(frame.Flags);
            totalScanned += pages;
            ZoneType type = _zones[_allocator.ZoneOf(pfn)].Type;
            if (type > sc.ReclaimIdx)
            {
                _stat.PgSkip[(int)type] += pages;
                skipped += pages;
                _lru.RemoveFromList(pfn);
                _skipped.Add(pfn);
                continue;
            }

            scanned += pages;
            _clock.ScannedPages += pages;
            if (!sc.MayUnmap && frame.MapCount != 0)
            {
                _lru.RemoveFromList(pfn);
                _lru.AddToList(pfn);
                continue;
            }

            _ = _lru.Isolate(pfn);
            _isolated.Add(pfn);
            if ((frame.Flags & PageFlags.SwapCache) != 0)
                _swap.Prefetch(_swap.EntryOf(pfn));
            taken += pages;
        }

        _ahead = head.Last;

        foreach (uint pfn in CollectionsMarshal.AsSpan(_skipped))
            _lru.AddToList(pfn);
        Tracepoints?.MmVmscanLruIsolate(new LruIsolated(
            _lru.NodeOfLruvec(lruvec), sc.IsKswapd, !sc.MayUnmap, sc.ReclaimIdx, sc.Order, count, totalScanned, skipped, taken, list));
        return taken;
    }

    /// <summary>
    /// Goes on by one page of the list that was isolated from and asks the host for what is looked at when it is its turn:
    /// frames stand in the list in no order of addresses, so each would be waited for.
    /// </summary>
    private void PrefetchNext()
    {
        if (_ahead == 0)
            return;
        ref PageFrame frame = ref _memMap[_ahead];
        _rmap.Prefetch(_ahead);
        if ((frame.Flags & PageFlags.SwapCache) != 0)
            _swap.PrefetchEntryOf(_ahead);
        _ahead = frame.Prev;
        _memMap.Prefetch(_ahead);
    }

    /// <summary>move_folios_to_lru: back to where their flags say; what nobody else refers to any more goes free.</summary>
    private void PutBack(int lruvec, List<uint> frames, out long moved)
    {
        moved = 0;
        foreach (uint pfn in CollectionsMarshal.AsSpan(frames))
        {
            ref PageFrame frame = ref _memMap[pfn];
            if ((frame.Flags & PageFlags.Mlocked) != 0)
            {
                _lru.Putback(pfn);
                continue;
            }

            if (--frame.RefCount == 0)
            {
                _lru.Free(pfn);
                continue;
            }

            long pages = LruLists.PagesOf(frame.Flags);
            _lru.AddToList(pfn);
            frame.Flags |= PageFlags.Lru;
            moved += pages;
            if ((frame.Flags & PageFlags.Active) != 0)
                _lru.AgeNonresident(lruvec, pages);
        }
    }

    /// <summary>What reclaim for a cgroup scans, the machine counts by kind of page only.</summary>
    private void CountScan(int memcg, in ScanControl sc, long pages)
    {
        _memcgs.Count(memcg, sc.IsKswapd ? MemcgStat.PgScanKswapd : MemcgStat.PgScanDirect, pages);
        if (sc.IsCgroupReclaim)
            return;
        if (sc.IsKswapd)
            _stat.PgScanKswapd += pages;
        else
            _stat.PgScanDirect += pages;
    }

    private void CountSteal(int memcg, in ScanControl sc, long pages)
    {
        _memcgs.Count(memcg, sc.IsKswapd ? MemcgStat.PgStealKswapd : MemcgStat.PgStealDirect, pages);
        if (sc.IsCgroupReclaim)
            return;
        if (sc.IsKswapd)
            _stat.PgStealKswapd += pages;
        else
            _stat.PgStealDirect += pages;
    }

    private void CountIsolated(bool isFile, long pages)
    {
        if (isFile)
            _stat.NrIsolatedFile += pages;
        else
            _stat.NrIsolatedAnon += pages;
    }
}
