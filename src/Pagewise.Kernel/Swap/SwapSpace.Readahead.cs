using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Swap;

/// <content>Bringing pages in, with their neighbours (swapin_readahead, swap_cluster_readahead).</content>
public sealed partial class SwapSpace
{
    private int _readAheadHits = 4;
    private uint _previousOffset;
    private uint _lastReadAheadPages;

    /// <summary>
    /// Whether neighbours are those by address (swap_use_vma_readahead): no area lies on a disk that turns, and it is not
    /// switched off (vma_ra_enabled). Shared memory goes by slots in any case.
    /// </summary>
    internal bool ReadsAheadByAddress => _rotating == 0 && _hasVmaReadahead;

    /// <summary>The most pages that a read by address brings: 2^page-cluster, 32 at most, 8 on 32-bit kernels (SWAP_RA_ORDER_CEILING).</summary>
    internal uint MostPagesByAddress => 1u << Math.Min(_pageCluster, _settings.Format is PageTableFormat.X86_32 or PageTableFormat.X86Pae ? 3 : 5);

    /// <summary>The page of a slot from the swap cache, for a fault on shared memory (swap_cache_get_folio); counts hits of readahead. 0: not there.</summary>
    internal uint Get(SwpEntry entry)
    {
        uint pfn = Find(entry);
        if (pfn != 0 && TakeReadAheadMark(pfn))
            _readAheadHits++;
        return pfn;
    }

    /// <summary>The same for a fault in an area, which keeps its own count when neighbours go by address.</summary>
    internal uint Get(SwpEntry entry, ref SwapReadaheadInfo info, ulong address)
    {
        if (!ReadsAheadByAddress)
            return Get(entry);
        uint pfn = Find(entry);
        if (pfn != 0)
            info.Found(address, TakeReadAheadMark(pfn));
        return pfn;
    }

    /// <summary>Whether readahead brought a page that nobody met since. The mark is PG_reclaim while the page is not under writeback.</summary>
    private bool TakeReadAheadMark(uint pfn)
    {
        ref PageFrame frame = ref _memMap[pfn];
        if ((frame.Flags & (PageFlags.Reclaim | PageFlags.Writeback)) != PageFlags.Reclaim)
            return false;
        frame.Flags &= ~PageFlags.Reclaim;
        _stat.SwapRaHit++;
        return true;
    }

    /// <summary>
    /// Brings the page of a slot into the swap cache, and up to 2^page-cluster slots around it while such reads were of
    /// use before (swap_cluster_readahead). The page itself has a reference for the caller.
    /// </summary>
    /// <returns>Its frame; 0 when none is left.</returns>
    internal uint ReadWithNeighbours(SwpEntry entry, out bool isAlone)
    {
        uint mask = SwapinPages(entry.Offset) - 1;
        isAlone = mask == 0;
        if (mask != 0)
        {
            uint first = Math.Max(1, entry.Offset & ~mask);
            uint last = Math.Min(entry.Offset | mask, _areas[entry.Type]!.Pages);
            for (uint offset = first; offset <= last; offset++)
                ReadInWindow(new SwpEntry(entry.Type, offset), offset == entry.Offset);
            // The batch of new pages is emptied before the page itself is looked up.
            _lru.Drain();
        }

        return ReadAsync(entry);
    }

    /// <summary>A page of a window of readahead, the one that is wanted or a neighbour.</summary>
    internal void ReadInWindow(SwpEntry entry, bool isWanted)
    {
        uint pfn = ReadAsync(entry, out bool isNew);
        if (pfn == 0)
            return;
        if (isNew && !isWanted)
        {
            _memMap[pfn].Flags |= PageFlags.Reclaim;
            _stat.SwapRa++;
        }

        _lru.Put(pfn);
    }

    /// <summary>The page of a slot in the swap cache; what is to be read is given to the device. With a reference; 0: no frame is left.</summary>
    internal uint ReadAsync(SwpEntry entry)
    {
        uint pfn = ReadAsync(entry, out _);
        Unplug();
        return pfn;
    }

    /// <summary>Begins to read a page that will be needed (MADV_WILLNEED).</summary>
    internal void ReadAhead(SwpEntry entry)
    {
        uint pfn = ReadAsync(entry);
        if (pfn != 0)
            _lru.Put(pfn);
    }

    /// <summary>The page of a slot in the swap cache, where reading of it has begun (__read_swap_cache_async), with a reference; 0: the slot holds nothing, or no frame is left.</summary>
    private uint ReadAsync(SwpEntry entry, out bool isNew)
    {
        isNew = false;
        uint pfn = Find(entry);
        if (pfn != 0)
        {
            _memMap[pfn].RefCount++;
            return pfn;
        }

        if (Slot(entry).Count == 0)
            return 0;
        pfn = _allocator.AllocPages(Gfp.UserPage, 0);
        if (pfn == 0)
            return 0;
        if (!_lru.Memcgs.ChargeSwapin(pfn, MemcgOf(entry), Gfp.UserPage))
        {
            _allocator.FreePages(pfn, 0);
            return 0;
        }

        // Memory may have been short: the slot may have been freed or read meanwhile.
        if (Find(entry) != 0 || Slot(entry).Count == 0)
        {
            _allocator.FreePages(pfn, 0);
            return ReadAsync(entry, out isNew);
        }

        isNew = true;
        _memMap[pfn].Flags |= PageFlags.SwapBacked;
        ulong shadow = Add(pfn, entry);
        if (shadow != 0)
            _lru.Refault(pfn, shadow);
        _lru.Add(pfn);
        Read(pfn, entry);
        return pfn;
    }

    private uint SwapinPages(uint offset)
    {
        uint most = 1u << _pageCluster;
        if (most <= 1)
            return 1;
        int hits = _readAheadHits;
        _readAheadHits = 0;
        uint pages = SwapReadaheadInfo.Window((uint)hits, _previousOffset, offset, most, _lastReadAheadPages);
        if (hits == 0)
            _previousOffset = offset;
        _lastReadAheadPages = pages;
        return pages;
    }
}
