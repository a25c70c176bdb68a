using System.Runtime.InteropServices;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Reclaim;

/// <content>What becomes of each isolated page (shrink_folio_list).</content>
internal sealed partial class Vmscan
{
    /// <summary>What to do with a page.</summary>
    private enum Fate
    {
        Free,
        Keep,
        Activate,
    }

    /// <summary>Reclaims pages that madvise(MADV_PAGEOUT) took off their lists, used or not (reclaim_pages).</summary>
    public long ReclaimPages(ReadOnlySpan<uint> frames)
    {
        long reclaimed = 0;
        while (!frames.IsEmpty)
        {
            int node = _lru.NodeOf(frames[0]);
            int count = 1;
            while (count < frames.Length && _lru.NodeOf(frames[count]) == node)
                count++;
            _isolated.Clear();
            _isolated.AddRange(frames[..count]);
            foreach (uint pfn in frames[..count])
                _memMap[pfn].Flags &= ~PageFlags.Active;
            ScanControl sc = new() { Gfp = Gfp.Kernel, MayWritepage = true, MayUnmap = true, MaySwap = true, ReclaimIdx = ZoneType.Movable };
            ScanCounts counts = default;
            reclaimed += ShrinkFolioList(node, ref sc, ref counts, ignoresReferences: true);
            foreach (uint pfn in CollectionsMarshal.AsSpan(_returned))
                _lru.Putback(pfn);

            _swap.Unplug();
            frames = frames[count..];
        }

        return reclaimed;
    }

    private long ShrinkFolioList(int node, ref ScanControl sc, ref ScanCounts counts, bool ignoresReferences = false)
    {
        long reclaimed = 0;
        long activated = 0;
        _returned.Clear();
        _freed.Clear();
        for (int i = 0; i < _isolated.Count; i++)
        {
            PrefetchNext();
            uint pfn = _isolated[i];
            long pages = LruLists.PagesOf(_memMap[pfn].Flags);
            sc.NrScanned += pages;
            switch (ShrinkFolio(node, pfn, ref sc, ref counts, ignoresReferences))
            {
                case Fate.Free:
                    reclaimed++;
                    _freed.Add(pfn);
                    continue;
                case Fate.Activate:
                    Unswap(pfn);
                    if ((_memMap[pfn].Flags & PageFlags.Mlocked) == 0)
                    {
                        _memMap[pfn].Flags |= PageFlags.Active;
                        activated += pages;
                        if (LruLists.IsFileLru(_memMap[pfn].Flags))
                            counts.ActivateFile += pages;
                        else
                            counts.ActivateAnon += pages;
                        _memcgs.Count(_memMap[pfn].Memcg, MemcgStat.PgActivate, pages);
                    }

                    break;
            }

            _returned.Add(pfn);
        }

        if (sc.IsKswapd)
        {
            _ = GiveBack(node);
            _held[node].AddRange(Released());
        }
        else
        {
            _allocator.FreePagesList(Released());
        }

        _clock.ReclaimedPages += reclaimed;
        _stat.PgActivate += activated;
        return reclaimed;
    }

    /// <summary>
    /// Frees what kswapd of a node has taken out of caches. A batch is freed as a whole at its end, so whoever takes the CPU
    /// from kswapd in its midst does not find those frames yet. Whether there was any.
    /// </summary>
    public bool GiveBack(int node)
    {
        List<uint> held = _held[node];
        if (held.Count == 0)
            return false;
        _allocator.FreePagesList(CollectionsMarshal.AsSpan(held));
        held.Clear();
        return true;
    }

    /// <summary>The freed frames without their last reference, last first, as Linux builds the list.</summary>
    private Span<uint> Released()
    {
        Span<uint> freed = CollectionsMarshal.AsSpan(_freed);
        freed.Reverse();
        if (_lru.HasGens)
        {
            foreach (uint pfn in freed)
                _lru.ClearRefs(pfn);
        }

        return freed;
    }

    private Fate ShrinkFolio(int node, uint pfn, ref ScanControl sc, ref ScanCounts counts, bool ignoresReferences)
    {
        ref PageFrame frame = ref _memMap[pfn];
        long pages = LruLists.PagesOf(frame.Flags);
        // Pages that are being read are locked.
        if ((frame.Flags & PageFlags.Reading) != 0)
            return Fate.Keep;
        if ((frame.Flags & PageFlags.Mlocked) != 0)
            return Fate.Activate;
        if (!sc.MayUnmap && frame.MapCount != 0)
            return Fate.Keep;
        // Found used while it was isolated.
        if (_lru.HasGens && !ignoresReferences && frame.MapCount != 0 && (frame.Flags & PageFlags.Referenced) != 0)
            return Fate.Keep;
        if (IsBusy(node, pfn, ref frame, ref sc, ref counts, pages))
            return Fate.Activate;
        FolioReferences references = ignoresReferences ? FolioReferences.Reclaim : CheckReferences(pfn, ref frame, sc.TargetMemcg);
        if (references == FolioReferences.Activate)
            return Fate.Activate;
        if (references == FolioReferences.Keep)
        {
            counts.RefKeep += pages;
            return Fate.Keep;
        }

        bool isAnon = (frame.Flags & PageFlags.Anon) != 0;
        // Without clusters no slots lie together: a huge page goes in pieces (THP_SWPOUT_FALLBACK).
        if ((frame.Flags & PageFlags.Head) != 0 && !_rmap.SplitHuge(pfn))
            return Fate.Activate;
        if (isAnon && (frame.Flags & (PageFlags.SwapBacked | PageFlags.SwapCache)) == PageFlags.SwapBacked)
        {
            if ((sc.Gfp & Gfp.Io) == 0)
                return Fate.Keep;
            if (!_swap.AddToSwap(pfn))
                return Fate.Activate;
        }

        if (frame.MapCount != 0)
        {
            _clock.UnmappedPages++;
            if (!_rmap.TryToUnmap(pfn))
            {
                counts.UnmapFail += LruLists.PagesOf(frame.Flags);
                return Fate.Activate;
            }
        }

        pages = LruLists.PagesOf(frame.Flags);
        if ((frame.Flags & PageFlags.Dirty) != 0)
        {
            Fate fate = WriteDirty(node, pfn, ref frame, ref sc, ref counts, pages, references);
            if (fate != Fate.Free)
                return fate;
        }

        if ((frame.Flags & PageFlags.Private) != 0 && !_pages.Buffers.TryFree(pfn))
            return Fate.Activate;
        return Detach(pfn, ref frame, isAnon, pages, sc.TargetMemcg) ? Fate.Free : Fate.Keep;
    }

    /// <summary>The cases of a page that is being written, and what is counted of dirty ones.</summary>
    private bool IsBusy(int node, uint pfn, ref PageFrame frame, ref ScanControl sc, ref ScanCounts counts, long pages)
    {
        bool isWriteback = (frame.Flags & PageFlags.Writeback) != 0;
        // Only pages of files count: their dirtiness says whether flushers keep up (folio_check_dirty_writeback).
        if (LruLists.IsFileLru(frame.Flags) && (frame.Flags & PageFlags.Anon) == 0)
        {
            bool isDirty = (frame.Flags & PageFlags.Dirty) != 0;
            if (isDirty || isWriteback)
                counts.Dirty += pages;
            if (isDirty && !isWriteback)
                counts.UnqueuedDirty += pages;
            if (isWriteback && (frame.Flags & PageFlags.Reclaim) != 0)
                counts.Congested += pages;
        }

        if (!isWriteback)
            return false;
        if (sc.IsKswapd && (frame.Flags & PageFlags.Reclaim) != 0 && _nodeFlags[node].Writeback)
        {
            counts.Immediate += pages;
            return true;
        }

        frame.Flags |= PageFlags.Reclaim;
        counts.Writeback += pages;
        return true;
    }

    /// <summary>folio_check_references.</summary>
    private FolioReferences CheckReferences(uint pfn, ref PageFrame frame, int target)
    {
        int entries = _rmap.Referenced(pfn, target, out VmFlags flags);
        bool wasReferenced = (frame.Flags & PageFlags.Referenced) != 0;
        frame.Flags &= ~PageFlags.Referenced;
        if ((flags & VmFlags.Locked) != 0)
            return FolioReferences.Activate;
        if (entries != 0)
        {
            // Every mapped page begins as used, by the fault that mapped it: so the second use counts.
            frame.Flags |= PageFlags.Referenced;
            bool isExecutable = (flags & VmFlags.Exec) != 0 && LruLists.IsFileLru(frame.Flags);
            return wasReferenced || entries > 1 || isExecutable ? FolioReferences.Activate : FolioReferences.Keep;
        }

        return wasReferenced && LruLists.IsFileLru(frame.Flags) ? FolioReferences.ReclaimClean : FolioReferences.Reclaim;
    }

    /// <summary>The rules for dirty pages, and pageout.</summary>
    private Fate WriteDirty(int node, uint pfn, ref PageFrame frame, ref ScanControl sc, ref ScanCounts counts, long pages, FolioReferences references)
    {
        if (LruLists.IsFileLru(frame.Flags))
        {
            // The flusher writes it; then it goes at once. kswapd writes none itself, which before 6.15 it does in need.
            _stat.NrVmscanImmediateReclaim += pages;
            frame.Flags |= PageFlags.Reclaim;
            return Fate.Activate;
        }

        bool mayEnter = (sc.Gfp & Gfp.Fs) != 0 || ((frame.Flags & PageFlags.SwapCache) != 0 && (sc.Gfp & Gfp.Io) != 0);
        if (references == FolioReferences.ReclaimClean || !mayEnter || !sc.MayWritepage)
            return Fate.Keep;
        if (frame.RefCount != 2 || !PrepareWrite(pfn, ref frame))
            return frame.RefCount != 2 ? Fate.Keep : Fate.Activate;
        frame.Flags |= PageFlags.Reclaim;
        if (!_swap.Write(pfn))
        {
            frame.Flags &= ~PageFlags.Reclaim;
            return Fate.Activate;
        }

        if ((frame.Flags & PageFlags.Writeback) == 0)
            frame.Flags &= ~PageFlags.Reclaim;
        Tracepoints?.MmVmscanWriteFolio(node, sc.IsKswapd, pfn, LruLists.IsFileLru(frame.Flags));
        _stat.NrVmscanWrite += pages;
        counts.Pageout += pages;
        return (frame.Flags & (PageFlags.Writeback | PageFlags.Dirty)) != 0 ? Fate.Keep : Fate.Free;
    }

    /// <summary>Shared memory needs a slot before it can be written (shmem_writepage).</summary>
    private bool PrepareWrite(uint pfn, ref PageFrame frame) =>
        (frame.Flags & PageFlags.PageCache) == 0 || LruLists.IsFileLru(frame.Flags) || _pages.MoveToSwap(pfn);

    /// <summary>Takes a clean page out of its cache (__remove_mapping). False when someone else refers to it. The isolation's reference goes too.</summary>
    private bool Detach(uint pfn, ref PageFrame frame, bool isAnon, long pages, int target)
    {
        if (isAnon && (frame.Flags & PageFlags.SwapBacked) == 0)
        {
            if (frame.RefCount != 1)
                return false;
            _stat.PgLazyFreed += pages;
            frame.RefCount = 0;
            return true;
        }

        const PageFlags cached = PageFlags.SwapCache | PageFlags.PageCache;
        if ((frame.Flags & cached) == 0 || frame.RefCount != 2 || (frame.Flags & PageFlags.Dirty) != 0)
            return false;
        if ((frame.Flags & PageFlags.SwapCache) != 0)
            _swap.Remove(pfn, _lru.Evict(pfn, target));
        else
            _pages.Evict(pfn, target);
        frame.RefCount = 0;
        return true;
    }

    /// <summary>A page that stays need not keep its slot when swap is short.</summary>
    private void Unswap(uint pfn)
    {
        PageFlags flags = _memMap[pfn].Flags;
        if ((flags & PageFlags.SwapCache) != 0 && (_swap.IsFullFor(in _memMap[pfn]) || (flags & PageFlags.Mlocked) != 0))
            _ = _swap.TryFree(pfn);
    }
}
