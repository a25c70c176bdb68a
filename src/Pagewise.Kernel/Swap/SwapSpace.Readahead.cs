using System.Numerics;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Swap;

/// <content>Bringing pages in, with their neighbours in swap (swapin_readahead, swap_cluster_readahead).</content>
public sealed partial class SwapSpace
{
    private int _readAheadHits = 4;
    private uint _previousOffset;
    private uint _lastReadAheadPages;

    /// <summary>The page of a slot from the swap cache, for a fault (swap_cache_get_folio); counts hits of readahead. 0: not there.</summary>
    internal uint Get(SwpEntry entry)
    {
        uint pfn = Find(entry);
        if (pfn == 0)
            return 0;
        ref PageFrame frame = ref _memMap[pfn];
        // The readahead mark is PG_reclaim while the page is not under writeback.
        if ((frame.Flags & (PageFlags.Reclaim | PageFlags.Writeback)) == PageFlags.Reclaim)
        {
            frame.Flags &= ~PageFlags.Reclaim;
            _stat.SwapRaHit++;
            _readAheadHits++;
        }

        return pfn;
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
            {
                uint neighbour = ReadAsync(new SwpEntry(entry.Type, offset), out bool isNew);
                if (neighbour == 0)
                    continue;
                if (isNew && offset != entry.Offset)
                {
                    _memMap[neighbour].Flags |= PageFlags.Reclaim;
                    _stat.SwapRa++;
                }

                _lru.Put(neighbour);
            }

            // The batch of new pages is emptied before the page itself is looked up.
            _lru.Drain();
        }

        uint pfn = ReadAsync(entry, out _);
        Unplug();
        return pfn;
    }

    /// <summary>Begins to read a page that will be needed (MADV_WILLNEED).</summary>
    internal void ReadAhead(SwpEntry entry)
    {
        uint pfn = ReadAsync(entry, out _);
        if (pfn != 0)
            _lru.Put(pfn);
        Unplug();
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

    /// <summary>swapin_nr_pages: the window grows with the hits since the last read and shrinks by half at most.</summary>
    private uint SwapinPages(uint offset)
    {
        uint most = 1u << _pageCluster;
        if (most <= 1)
            return 1;
        int hits = _readAheadHits;
        _readAheadHits = 0;
        uint pages = (uint)hits + 2;
        if (pages == 2)
        {
            // Without a hit there is a window only for neighbours of the last read.
            if (offset != _previousOffset + 1 && offset != _previousOffset - 1)
                pages = 1;
        }
        else
        {
            pages = Math.Max(4, BitOperations.RoundUpToPowerOf2(pages));
        }

        pages = Math.Min(pages, most);
        pages = Math.Max(pages, _lastReadAheadPages / 2);
        if (hits == 0)
            _previousOffset = offset;
        _lastReadAheadPages = pages;
        return pages;
    }
}
