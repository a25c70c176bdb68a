using System.Runtime.CompilerServices;
using Pagewise.Kernel.Frames;

namespace Pagewise.Kernel.PageAllocator;

/// <content>
/// Per-CPU lists. A list is refilled at its tail and used from its head, so a refill comes out in the order in which
/// the buddy system gave it; frees go to the head and, when there are too many, leave from the tail. 6.7 replaced the
/// fixed mark by one that follows demand; both rules are here.
/// </content>
public sealed partial class BuddyAllocator
{
    /// <summary><c>CONFIG_PCP_BATCH_SCALE_MAX</c>: a batch doubles at most this often.</summary>
    private const int PcpBatchScaleMax = 5;

    /// <summary>Gives back all pages that CPUs hold of a zone (drain_all_pages for one zone).</summary>
    public void DrainZonePages(int zone)
    {
        for (int cpu = 0; cpu < _zones.CpuCount; cpu++)
        {
            ref PerCpuPages pcp = ref _zones.PageSet(zone, cpu);
            while (pcp.Count > 0)
            {
                int count = _autoTuned ? Math.Min(pcp.Count, Math.Max(1, pcp.Batch << PcpBatchScaleMax)) : pcp.Count;
                FreePcppagesBulk(ref _zones[zone], ref pcp, count, 0);
            }
        }
    }

    /// <summary>drain_all_pages.</summary>
    public void DrainAllPages()
    {
        for (int zone = 0; zone < _zones.ZoneCount; zone++)
        {
            if (_zones[zone].IsPopulated)
                DrainZonePages(zone);
        }
    }

    /// <summary>Shrinks a CPU's lists that have been full for long (decay_pcp_high, since 6.7): what the vmstat worker does each second.</summary>
    public void DecayPcpHigh(int cpu)
    {
        if (!_autoTuned)
            return;
        for (int zone = 0; zone < _zones.ZoneCount; zone++)
        {
            ref PerCpuPages pcp = ref _zones.PageSet(zone, cpu);
            if (!_zones[zone].IsPopulated)
                continue;
            // A mark lasts only while it is used: an eighth goes each time, never more than a large batch.
            if (pcp.High > pcp.HighMin)
            {
                int least = Math.Max(pcp.Count - (pcp.Batch << PcpBatchScaleMax), pcp.High - (pcp.High >> 3));
                pcp.High = Math.Max(least, pcp.HighMin);
            }

            int excess = pcp.Count - pcp.High;
            if (excess > 0)
                FreePcppagesBulk(ref _zones[zone], ref pcp, excess, 0);
        }
    }

    /// <summary>pcp_allowed_order: small blocks and huge pages.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool PcpAllowed(int order) => order is <= PageOrder.Costly or PageOrder.Pageblock;

    /// <summary>order_to_pindex. Until 6.8 all huge pages share a list; later the movable ones have their own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Pindex(MigrateType type, int order)
    {
        if (order <= PageOrder.Costly)
            return (order * MigrateTypes.PcpCount) + (int)type;
        return PerCpuPages.LowOrderListCount + (_autoTuned && type == MigrateType.Movable ? 1 : 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int OrderOf(int pindex) => pindex < PerCpuPages.LowOrderListCount ? pindex / MigrateTypes.PcpCount : PageOrder.Pageblock;

    /// <summary>rmqueue_pcplist.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint RmqueuePcplist(int zoneIndex, ref Zone zone, int order, MigrateType type, AllocFlags flags)
    {
        ref PerCpuPages pcp = ref _zones.PageSet(zoneIndex, _cpu);
        pcp.FreeFactor >>= 1;
        pcp.FreeCount >>= 1;
        ref PageList list = ref pcp.Lists[Pindex(type, order)];
        uint pfn = list.First;
        if (pfn == 0)
        {
            Refill(ref zone, ref pcp, ref list, order, type, flags);
            pfn = list.First;
            if (pfn == 0)
                return 0;
        }

        uint next = _memMap[pfn].Next;
        list.First = next;
        if (next == 0)
            list.Last = 0;
        pcp.Count -= 1 << order;
        return pfn;
    }

    /// <summary>rmqueue_bulk into a list.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Refill(ref Zone zone, ref PerCpuPages pcp, ref PageList list, int order, MigrateType type, AllocFlags flags)
    {
        int batch = _autoTuned ? NrPcpAlloc(zone, ref pcp, order) : pcp.Batch;
        if (!_autoTuned && batch > 1)
            batch = Math.Max(batch >> order, 2);
        var mode = RmqueueMode.Normal;
        for (int i = 0; i < batch; i++)
        {
            uint pfn = Rmqueue(ref zone, order, type, flags, ref mode);
            if (pfn == 0)
                return;
            ref PageFrame frame = ref _memMap[pfn];
            frame.Prev = list.Last;
            frame.Next = 0;
            frame.Index = (ulong)type;
            (list.Last != 0 ? ref _memMap[list.Last].Next : ref list.First) = pfn;
            list.Last = pfn;
            pcp.Count += 1 << order;
        }
    }

    /// <summary>Linux's clamp: in a zone so small that four batches are more than an eighth of it, the greatest mark is below the least, and counts.</summary>
    private static int Clamp(int value, int least, int greatest) => Math.Min(Math.Max(value, least), greatest);

    /// <summary>nr_pcp_alloc (since 6.7): how many blocks to take at once; more while single pages are taken and none is freed.</summary>
    private static int NrPcpAlloc(in Zone zone, ref PerCpuPages pcp, int order)
    {
        int high = pcp.High = Clamp(pcp.High, pcp.HighMin, pcp.HighMax);
        if (high < pcp.Batch)
            return 1;
        int batch = order != 0 ? pcp.Batch : pcp.Batch << pcp.AllocFactor;
        if (pcp.HighMin != pcp.HighMax && (zone.Flags & ZoneFlags.BelowHigh) == 0)
            high = pcp.High = Math.Min(high + batch, pcp.HighMax);
        if (order == 0)
        {
            int most = Math.Max(high - pcp.Count - pcp.Batch, pcp.Batch);
            if (batch <= most && pcp.AllocFactor < PcpBatchScaleMax)
                pcp.AllocFactor++;
            batch = Math.Min(batch, most);
        }

        return batch > 1 ? Math.Max(batch >> order, 2) : batch;
    }

    /// <summary>free_unref_page_commit: onto a per-CPU list, and part of the lists back to the zone when they are full.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void FreeUnrefPageCommit(int zoneIndex, ref Zone zone, uint pfn, int order, MigrateType type)
    {
        ref PerCpuPages pcp = ref _pageSets[_firstPageSet + zoneIndex];
        int pindex = Pindex((int)type < MigrateTypes.PcpCount ? type : MigrateType.Movable, order);
        ref PageList list = ref pcp.Lists[pindex];
        ref PageFrame frame = ref _memMap[pfn];
        frame.Index = (ulong)type;
        uint first = list.First;
        frame.Next = first;
        (first != 0 ? ref _memMap[first].Prev : ref list.Last) = pfn;
        list.First = pfn;
        pcp.Count += 1 << order;
        if (_autoTuned)
            BalanceAutoTuned(ref zone, ref pcp, order, pindex);
        else
            Balance(ref zone, ref pcp, order, pindex);
    }

    /// <summary>What follows a free before 6.7 (nr_pcp_high, nr_pcp_free): each give-back doubles the next while nothing is allocated.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Balance(ref Zone zone, ref PerCpuPages pcp, int order, int pindex)
    {
        // Blocks of order 1 to 3 fragment memory, so a row of frees with one of them empties the lists.
        bool freeHigh = pcp.FreeFactor != 0 && order is > 0 and <= PageOrder.Costly;
        int high = freeHigh ? 0 : (zone.Flags & ZoneFlags.ReclaimActive) == 0 ? pcp.High : Math.Min(pcp.Batch << 2, pcp.High);
        if (pcp.Count >= high)
            FreePcppagesBulk(ref zone, ref pcp, NrPcpFree(ref pcp, high, freeHigh), pindex);
    }

    private static int NrPcpFree(ref PerCpuPages pcp, int high, bool freeHigh)
    {
        if (freeHigh)
            return pcp.Count;
        if (high < pcp.Batch)
            return 1;
        int most = high - pcp.Batch;
        int batch = pcp.Batch << pcp.FreeFactor;
        if (batch <= most && pcp.FreeFactor < PcpBatchScaleMax)
            pcp.FreeFactor++;
        return Math.Clamp(batch, Math.Min(pcp.Batch, most), most);
    }

    /// <summary>What follows a free since 6.7: as many go back as were freed in a row, and the mark moves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void BalanceAutoTuned(ref Zone zone, ref PerCpuPages pcp, int order, int pindex)
    {
        pcp.AllocFactor >>= 1;
        int batch = pcp.Batch;
        bool freeHigh = false;
        if (order is > 0 and <= PageOrder.Costly)
        {
            // Linux empties the lists at once on CPUs with small caches; a last-level cache that holds a batch is assumed.
            freeHigh = pcp.FreeCount >= batch + (pcp.HighMin / 2) && pcp.PreviousFreeHighOrder && pcp.Count >= batch;
            pcp.PreviousFreeHighOrder = true;
        }
        else
        {
            pcp.PreviousFreeHighOrder = false;
        }

        if (pcp.FreeCount < batch << PcpBatchScaleMax)
            pcp.FreeCount += 1 << order;
        if (pcp.Count < pcp.High && pcp.High <= pcp.HighMax && !freeHigh && zone.Flags == ZoneFlags.None && pcp.High >= pcp.HighMin)
            return;
        GiveBack(ref zone, ref pcp, batch, pindex, freeHigh);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void GiveBack(ref Zone zone, ref PerCpuPages pcp, int batch, int pindex, bool freeHigh)
    {
        int high = NrPcpHigh(zone, ref pcp, batch, freeHigh);
        if (pcp.Count < high)
            return;
        int count = freeHigh
            ? Math.Min(pcp.Count, batch << PcpBatchScaleMax)
            : high < batch ? 1 : Math.Clamp(pcp.FreeCount, Math.Min(batch, high - batch), high - batch);
        FreePcppagesBulk(ref zone, ref pcp, count, pindex);
        if ((zone.Flags & ZoneFlags.BelowHigh) != 0 && ZoneWatermarkOk(zone, 0, zone.MarkPages(Watermark.High), ZoneType.Movable, AllocFlags.WmarkMin, zone.FreePages))
            zone.Flags &= ~ZoneFlags.BelowHigh;
    }

    /// <summary>nr_pcp_high (since 6.7).</summary>
    private static int NrPcpHigh(in Zone zone, ref PerCpuPages pcp, int batch, bool freeHigh)
    {
        int high = pcp.High = Clamp(pcp.High, pcp.HighMin, pcp.HighMax);
        if (high == 0)
            return 0;
        if (freeHigh)
        {
            pcp.High = Math.Max(high - (batch << PcpBatchScaleMax), pcp.HighMin);
            return 0;
        }

        if ((zone.Flags & ZoneFlags.ReclaimActive) != 0)
        {
            pcp.High = Math.Max(high - Math.Max(pcp.FreeCount, batch), pcp.HighMin);
            return Math.Min(batch << 2, pcp.High);
        }

        if (pcp.HighMin == pcp.HighMax)
            return high;
        if ((zone.Flags & ZoneFlags.BelowHigh) != 0)
        {
            pcp.High = Math.Max(high - Math.Max(pcp.FreeCount, batch), pcp.HighMin);
            return Math.Max(pcp.Count, pcp.HighMin);
        }

        if (pcp.Count >= high && pcp.High < pcp.FreeCount + batch)
            pcp.High = Clamp(pcp.FreeCount + batch, pcp.HighMin, pcp.HighMax);
        return high;
    }

    /// <summary>free_pcppages_bulk: from the tails of the lists, each until it is empty, beginning with one list and going round.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FreePcppagesBulk(ref Zone zone, ref PerCpuPages pcp, int count, int pindex)
    {
        count = Math.Min(count, pcp.Count);
        while (count > 0)
        {
            ref PageList list = ref pcp.Lists[pindex];
            int order = OrderOf(pindex);
            while (count > 0 && list.Last != 0)
            {
                uint pfn = list.Last;
                ref PageFrame frame = ref _memMap[pfn];
                uint prev = pfn == list.First ? 0 : frame.Prev;
                (prev != 0 ? ref _memMap[prev].Next : ref list.First) = 0;
                list.Last = prev;
                MigrateType type = _claimsBlocks ? PageblockType(pfn) : (MigrateType)frame.Index;
                frame.Index = 0;
                frame.Next = 0;
                frame.Prev = 0;
                count -= 1 << order;
                pcp.Count -= 1 << order;
                FreeOnePage(ref zone, pfn, order, type);
                Tracepoints?.MmPagePcpuDrain(pfn, order, type);
            }

            pindex = pindex + 1 == PerCpuPages.ListCount ? 0 : pindex + 1;
        }
    }
}
