using Pagewise.Kernel.Cgroups;

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
    private int _nextArea;

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

        return GetSwapPage();
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

    /// <summary>check_cache_active: CPUs keep stocks while there are enough slots for all.</summary>
    private bool StocksAreActive()
    {
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
        while (stock.Nr < SwapSlotsCache.Size)
        {
            SwpEntry entry = GetSwapPage();
            if (entry.IsNone)
                return;
            stock.Slots[stock.Nr++] = entry.Packed;
        }
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
        SwapArea area = _areas[entry.Type];
        _lru.Memcgs.UnchargeSlot(area.Slots[entry.Offset].Memcg);
        area.Slots[entry.Offset] = default;
        area.Compressed?.Free(entry.Offset);
        area.Free.Release(entry.Offset);
        area.InUsePages--;
        area.LowestBit = Math.Min(area.LowestBit, entry.Offset);
        area.HighestBit = Math.Max(area.HighestBit, entry.Offset);
        _stat.NrSwapPages++;
    }

    /// <summary>get_swap_pages for one page: areas by priority, equal ones in turn.</summary>
    private SwpEntry GetSwapPage()
    {
        int best = -1;
        for (int i = 0; i < _areas.Length; i++)
        {
            int type = (_nextArea + i) % _areas.Length;
            if (_areas[type].InUsePages < _areas[type].Pages && (best < 0 || _areas[type].Spec.Priority > _areas[best].Spec.Priority))
                best = type;
        }

        if (best < 0)
            return default;
        uint offset = ScanSlots(_areas[best]);
        if (offset == 0)
            return default;
        _nextArea = (best + 1) % _areas.Length;
        SwapArea area = _areas[best];
        area.Slots[offset].HasCache = true;
        area.Free.Take(offset);
        area.InUsePages++;
        if (offset == area.LowestBit)
            area.LowestBit++;
        if (offset == area.HighestBit)
            area.HighestBit--;
        area.ClusterNext = offset + 1;
        _stat.NrSwapPages--;
        return new SwpEntry(best, offset);
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
