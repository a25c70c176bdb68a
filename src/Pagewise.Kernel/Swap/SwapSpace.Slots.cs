using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Lru;

namespace Pagewise.Kernel.Swap;

/// <content>
/// Which slot a page gets (folio_alloc_swap, get_swap_pages, scan_swap_map_slots). On a device that is no SSD a cluster of
/// free slots is filled one after the other, so that pages that leave together lie together; then the next one.
/// </content>
public sealed partial class SwapSpace
{
    /// <summary>SWAPFILE_CLUSTER: slots of a cluster, as many as pages of a huge page.</summary>
    private const uint ClusterSlots = 512;

    private const int ActivateStocks = 5 * SwapSlotsCache.Size;
    private const int DeactivateStocks = 2 * SwapSlotsCache.Size;

    private bool _stocksActive;
    private bool _stocksLocked;
    private int _filling = -1;

    /// <summary>Who pays for a slot; 0: none (lookup_swap_cgroup_id).</summary>
    internal int MemcgOf(SwpEntry entry) => Slot(entry).Memcg;

    /// <summary>A slot for a page, marked as the swap cache's and paid for by the page's cgroup (folio_alloc_swap); none when swap is full, or the cgroup may have no more.</summary>
    internal SwpEntry AllocateSlot(uint pfn)
    {
        SwpEntry entry = TakeSlot();
        if (entry.IsNone)
        {
            _lru.Memcgs.Note(_memMap[pfn].Memcg, MemcgEvent.SwapFail);
            return entry;
        }

        if (_lru.Memcgs.ChargeSlot(pfn, out int memcg))
        {
            Slot(entry).Memcg = (ushort)memcg;
            return entry;
        }

        FreeSlot(entry);
        return default;
    }

    private SwpEntry TakeSlot()
    {
        if (_hasStocks && StocksAreActive())
        {
            ref SwapSlotsCache stock = ref _stocks[_allocator.CurrentCpu];
            if (stock.Nr == 0)
                Refill(ref stock);
            if (stock.Nr > 0)
            {
                stock.Nr--;
                return SwpEntry.Unpack(stock.Slots[stock.Cur++]);
            }
        }

        Span<ulong> one = stackalloc ulong[1];
        return GetSwapPages(one) == 0 ? default : SwpEntry.Unpack(one[0]);
    }

    /// <summary>The slots that CPUs keep go back: before swap is said to be full, and for walkers (drain_slots_cache_cpu).</summary>
    internal void DrainStocks()
    {
        for (int cpu = 0; cpu < (int)_stocks.Length; cpu++)
        {
            ref SwapSlotsCache stock = ref _stocks[cpu];
            for (; stock.Nr > 0; stock.Nr--)
                Release(SwpEntry.Unpack(stock.Slots[stock.Cur++]));
            GiveBack(ref stock);
        }
    }

    /// <summary>check_cache_active: CPUs keep stocks while there are enough slots for all, and no area is being emptied.</summary>
    private bool StocksAreActive()
    {
        if (_stocksLocked)
            return false;
        long cpus = (long)_stocks.Length;
        if (!_stocksActive)
        {
            _stocksActive = _stat.NrSwapPages > cpus * ActivateStocks;
        }
        else if (_stat.NrSwapPages < cpus * DeactivateStocks)
        {
            _stocksActive = false;
            DrainStocks();
        }

        return _stocksActive;
    }

    private void Refill(ref SwapSlotsCache stock)
    {
        stock.Cur = 0;
        Span<ulong> slots = stock.Slots;
        stock.Nr = GetSwapPages(slots);
    }

    /// <summary>A slot that nothing names any more, still marked as the cache's: to the CPU's stock of slots to give back (free_swap_slot).</summary>
    private void FreeSlot(SwpEntry entry)
    {
        if (!_hasStocks || !_stocksActive)
        {
            Release(entry);
            return;
        }

        ref SwapSlotsCache stock = ref _stocks[_allocator.CurrentCpu];
        if (stock.NRet == SwapSlotsCache.Size)
            GiveBack(ref stock);
        stock.SlotsRet[stock.NRet++] = entry.Packed;
    }

    /// <summary>swapcache_free_entries.</summary>
    private void GiveBack(ref SwapSlotsCache stock)
    {
        // They were used some time ago, so that the host has to fetch each: all at once.
        for (int i = 0; i < stock.NRet; i++)
            Prefetch(SwpEntry.Unpack(stock.SlotsRet[i]));
        for (int i = 0; i < stock.NRet; i++)
            Release(SwpEntry.Unpack(stock.SlotsRet[i]));
        stock.NRet = 0;
    }

    /// <summary>The slot is free again (swap_range_free).</summary>
    private void Release(SwpEntry entry)
    {
        SwapArea area = _areas[entry.Type]!;
        _lru.Memcgs.UnchargeSlot(area.Slots[entry.Offset].Memcg);
        if (LruLists.IsShadow(area.Slots[entry.Offset].Cache))
            area.Shadows--;
        area.Slots[entry.Offset] = default;
        area.Compressed?.Free(entry.Offset);
        _zswap?.Invalidate(entry);
        area.Free.Release(entry.Offset);
        bool wasFull = area.HighestBit == 0;
        area.InUsePages--;
        area.LowestBit = Math.Min(area.LowestBit, entry.Offset);
        area.HighestBit = Math.Max(area.HighestBit, entry.Offset);
        if (wasFull && area.IsWritable)
            AddByPriority(_available, entry.Type);
        _stat.NrSwapPages++;
    }

    /// <summary>
    /// Free slots from one area (get_swap_pages): the one of the highest priority that has any, equal ones in turn; each
    /// time a CPU's stock is filled, or since 6.15, which has no stocks, for each cluster.
    /// </summary>
    /// <param name="into">Where they go, packed, as many as fit and are there.</param>
    /// <returns>How many there are; 0: swap is full.</returns>
    private int GetSwapPages(Span<ulong> into)
    {
        if (_available.Count == 0)
            return 0;
        bool goesOn = !_hasStocks && _filling >= 0 && _areas[_filling] is { IsWritable: true, ClusterNr: > 0, HighestBit: > 0 };
        int type = goesOn ? _filling : _available[0];
        if (!goesOn && _available.Count > 1)
        {
            _available.RemoveAt(0);
            AddByPriority(_available, type);
        }

        _filling = type;
        SwapArea area = _areas[type]!;
        int got = 0;
        while (got < into.Length && area.HighestBit != 0)
        {
            uint offset = ScanSlots(area);
            if (offset == 0)
                break;
            Take(type, area, offset);
            into[got++] = new SwpEntry(type, offset).Packed;
        }

        return got;
    }

    /// <summary>A free slot is the cache's (swap_range_alloc); with the last one its area is full.</summary>
    private void Take(int type, SwapArea area, uint offset)
    {
        area.Slots[offset].HasCache = true;
        area.Free.Take(offset);
        if (offset == area.LowestBit)
            area.LowestBit++;
        if (offset == area.HighestBit)
            area.HighestBit--;
        if (++area.InUsePages == area.Pages)
        {
            area.LowestBit = area.Spec.Pages;
            area.HighestBit = 0;
            _available.Remove(type);
        }

        area.ClusterNext = offset + 1;
        _stat.NrSwapPages--;
    }

    /// <summary>scan_swap_map_slots without cluster_info: the next slot of the cluster; a new free cluster; any free slot.</summary>
    private static uint ScanSlots(SwapArea area)
    {
        if (area.ClusterNr == 0)
            NextCluster(area);
        else
            area.ClusterNr--;
        uint start = area.ClusterNext <= area.HighestBit ? area.ClusterNext : area.LowestBit;
        uint found = area.Free.FirstFree(start, area.HighestBit);
        return found != 0 ? found : area.Free.FirstFree(area.LowestBit, start - 1);
    }

    private static void NextCluster(SwapArea area)
    {
        area.ClusterNr = ClusterSlots - 1;
        if (area.Pages - area.InUsePages < ClusterSlots)
            return;
        uint cluster = area.Free.FirstRun(ClusterSlots);
        if (cluster != 0)
            area.ClusterNext = cluster;
    }
}
