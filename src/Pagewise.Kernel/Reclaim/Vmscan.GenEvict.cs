using System.Runtime.InteropServices;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Reclaim;

/// <content>Taking pages of the oldest generation (evict_folios, scan_folios, sort_folio; mm/vmscan.c, 6.1).</content>
internal sealed partial class Vmscan
{
    /// <summary>Evicts a batch.</summary>
    /// <returns>Pages looked at; 0 when there is nothing to evict.</returns>
    private long EvictFolios(int lruvec, ref ScanControl sc, int swappiness, ref bool needsSwapping)
    {
        bool canSwap = swappiness != 0;
        long scanned = IsolateFolios(lruvec, ref sc, swappiness, out int type);
        if (_lru.TryToIncMinSeq(lruvec, canSwap))
            scanned++;
        if (_lru.Gen(lruvec).Gens(canSwap ? LruGen.Anon : LruGen.File) == LruGen.MinGens)
            scanned = 0;
        if (_isolated.Count == 0)
            return scanned;
        for (bool isRetry = false; ; isRetry = true)
        {
            ScanCounts counts = default;
            long reclaimed = ShrinkFolioList(_lru.NodeOfLruvec(lruvec), ref sc, ref counts);
            sc.NrReclaimed += reclaimed;
            // A page whose write ends while it is isolated is not rotated, but tried once more.
            _swap.CompleteDue();
            SortReturned(isRetry);
            PutBack(lruvec, _returned, out _);
            CountSteal(_lru.MemcgOfLruvec(lruvec), in sc, reclaimed);
            if (type == LruGen.File)
                _stat.PgStealFile += reclaimed;
            else
                _stat.PgStealAnon += reclaimed;
            if (_second.Count == 0)
                break;
            _isolated.Clear();
            _isolated.AddRange(_second);
        }

        needsSwapping |= type == LruGen.Anon;
        return scanned;
    }

    /// <summary>
    /// What becomes of pages that were not reclaimed: those being written wait in the second youngest generation, others go
    /// to the youngest; those that could be taken by now are tried once more.
    /// </summary>
    private void SortReturned(bool isRetry)
    {
        const PageFlags used = PageFlags.Active | PageFlags.Referenced | PageFlags.Reading | PageFlags.Dirty | PageFlags.Writeback;
        const PageFlags beingWritten = PageFlags.Dirty | PageFlags.Writeback;
        _second.Clear();
        int kept = 0;
        Span<uint> returned = CollectionsMarshal.AsSpan(_returned);
        foreach (uint pfn in returned)
        {
            ref PageFrame frame = ref _memMap[pfn];
            if ((frame.Flags & PageFlags.Mlocked) == 0)
            {
                if ((frame.Flags & PageFlags.Reclaim) != 0 && (frame.Flags & beingWritten) != 0)
                {
                    // Isolation took the mark from a page that was used through calls.
                    if ((frame.Flags & PageFlags.Workingset) != 0)
                        frame.Flags |= PageFlags.Referenced;
                }
                else if (isRetry || (frame.Flags & used) != 0 || frame.MapCount != 0)
                {
                    _lru.ClearRefs(pfn);
                    frame.Flags = (frame.Flags & ~(PageFlags.Referenced | PageFlags.Workingset)) | PageFlags.Active;
                }
                else
                {
                    _second.Add(pfn);
                    continue;
                }
            }

            returned[kept++] = pfn;
        }

        CollectionsMarshal.SetCount(_returned, kept);
    }

    /// <summary>Takes pages of the kind that is due, or else of the other (isolate_folios).</summary>
    private long IsolateFolios(int lruvec, ref ScanControl sc, int swappiness, out int type)
    {
        ref LruGen gen = ref _lru.Gen(lruvec);
        int tier = -1;
        if (swappiness == 0)
            type = LruGen.File;
        else if (gen.MinSeq[LruGen.Anon] < gen.MinSeq[LruGen.File])
            type = LruGen.Anon;
        else if (swappiness == 1)
            type = LruGen.File;
        else if (swappiness == 200)
            type = LruGen.Anon;
        else
            type = _lru.TypeToScan(lruvec, swappiness, out tier);
        _isolated.Clear();
        long scanned = 0;
        for (int i = swappiness == 0 ? 1 : 0; i < LruGen.Types; i++)
        {
            if (tier < 0)
                tier = _lru.LastTierOf(lruvec, type);
            scanned = ScanFolios(lruvec, ref sc, type, tier);
            if (scanned != 0)
                break;
            type = LruGen.File - type;
            tier = -1;
        }

        return scanned;
    }

    /// <summary>
    /// Looks at the oldest generation of a kind, from the zone that is wanted down (scan_folios), until 64 pages are isolated:
    /// pages that are not to be evicted go where they belong.
    /// </summary>
    private long ScanFolios(int lruvec, ref ScanControl sc, int type, int lastTier)
    {
        ref LruGen gen = ref _lru.Gen(lruvec);
        if (gen.Gens(type) == LruGen.MinGens)
            return 0;
        int oldest = LruGen.FromSeq(gen.MinSeq[type]);
        int remaining = LruGen.MaxBatch;
        long scanned = 0;
        long sorted = 0;
        long isolated = 0;
        for (int i = ZoneTypes.Count; i > 0; i--)
        {
            var zone = (ZoneType)(((int)sc.ReclaimIdx + i) % ZoneTypes.Count);
            ref LruListHead head = ref gen.Lists[LruGen.ListIndex(oldest, type, zone)];
            long skipped = 0;
            _skipped.Clear();
            while (head.Last != 0)
            {
                uint pfn = head.Last;
                long pages = LruLists.PagesOf(_memMap[pfn].Flags);
                scanned += pages;
                if (SortFolio(lruvec, pfn, type, zone, in sc, lastTier, pages))
                {
                    sorted += pages;
                }
                else if (IsolateFolio(pfn, in sc))
                {
                    _isolated.Add(pfn);
                    isolated += pages;
                }
                else
                {
                    _lru.UnlinkGen(pfn);
                    _skipped.Add(pfn);
                    skipped += pages;
                }

                if (--remaining == 0 || Math.Max(isolated, skipped) >= LruGen.MinBatch)
                    break;
            }

            foreach (uint pfn in CollectionsMarshal.AsSpan(_skipped))
                _lru.LinkGen(pfn, toTail: false);
            _stat.PgSkip[(int)zone] += skipped;
            if (remaining == 0 || isolated >= LruGen.MinBatch)
                break;
        }

        if (isolated != 0 && sc.Nr.Taken == 0)
            _clock.IsolatingPasses++;
        sc.Nr.Taken += isolated;
        _clock.ScannedPages += isolated;
        CountScan(_lru.MemcgOfLruvec(lruvec), in sc, isolated);
        if (!sc.IsCgroupReclaim)
            _stat.PgRefill += sorted;
        _memcgs.Count(_lru.MemcgOfLruvec(lruvec), MemcgStat.PgRefill, sorted);
        if (type == LruGen.File)
            _stat.PgScanFile += isolated;
        else
            _stat.PgScanAnon += isolated;
        return isolated != 0 || remaining == 0 ? scanned : 0;
    }

    /// <summary>Moves a page where it belongs if that is not here (sort_folio): promoted, used often through calls, of a zone that does not help, or waiting to be written.</summary>
    private bool SortFolio(int lruvec, uint pfn, int type, ZoneType zone, in ScanControl sc, int lastTier, long pages)
    {
        ref PageFrame frame = ref _memMap[pfn];
        if ((frame.Flags & PageFlags.Mlocked) != 0)
            return false;
        if (type == LruGen.File && (frame.Flags & (PageFlags.Anon | PageFlags.Dirty)) == (PageFlags.Anon | PageFlags.Dirty))
        {
            // Given up by MADV_FREE and written again: anonymous after all.
            _lru.RemoveFromGen(pfn, isReclaiming: true);
            frame.Flags |= PageFlags.SwapBacked;
            _lru.AddToList(pfn, toTail: true);
            return true;
        }

        ref LruGen gen = ref _lru.Gen(lruvec);
        if (_lru.GenOf(pfn) != LruGen.FromSeq(gen.MinSeq[type]))
        {
            _lru.MoveInGen(pfn, toTail: false);
            return true;
        }

        int refs = _lru.RefsOf(pfn);
        int tier = LruGen.TierOf(refs);
        if (tier > lastTier || refs == LruGen.MostRefs)
        {
            _ = _lru.IncGen(pfn, isReclaiming: false);
            _lru.MoveInGen(pfn, toTail: true);
            _lru.CountProtected(lruvec, type, tier, pages);
            return true;
        }

        if (zone > sc.ReclaimIdx)
        {
            _ = _lru.IncGen(pfn, isReclaiming: false);
            _lru.MoveInGen(pfn, toTail: true);
            return true;
        }

        if ((frame.Flags & (PageFlags.Reading | PageFlags.Writeback)) == 0 && (type == LruGen.Anon || (frame.Flags & PageFlags.Dirty) == 0))
            return false;
        _ = _lru.IncGen(pfn, isReclaiming: true);
        _lru.MoveInGen(pfn, toTail: false);
        return true;
    }

    /// <summary>Takes a page to reclaim it (isolate_folio); not if it is mapped or would have to be written where that may not be.</summary>
    private bool IsolateFolio(uint pfn, in ScanControl sc)
    {
        ref PageFrame frame = ref _memMap[pfn];
        if (!sc.MayUnmap && frame.MapCount != 0)
            return false;
        bool mayWrite = sc.MayWritepage && (sc.Gfp & Gfp.Io) != 0;
        if (!mayWrite && ((frame.Flags & PageFlags.Dirty) != 0 || (frame.Flags & (PageFlags.Anon | PageFlags.SwapCache)) == PageFlags.Anon))
            return false;
        frame.RefCount++;
        frame.Flags &= ~PageFlags.Lru;
        if ((frame.Flags & PageFlags.Referenced) == 0)
        {
            _lru.ClearRefs(pfn);
            frame.Flags &= ~PageFlags.Workingset;
        }

        frame.Flags &= ~(PageFlags.Reclaim | PageFlags.Referenced);
        _lru.RemoveFromGen(pfn, isReclaiming: true);
        return true;
    }
}
