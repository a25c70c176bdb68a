using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Reclaim;

/// <content>How much of which list is scanned (prepare_scan_count, get_scan_count, inactive_is_low).</content>
internal sealed partial class Vmscan
{
    private const int PagesOfGibShift = 30 - 12;

    /// <summary>
    /// Whether the inactive list is shorter than the active one allows: up to 1 GiB they are kept equal, beyond it the
    /// active one may be √(10 × GiB) times as long.
    /// </summary>
    private bool InactiveIsLow(int lruvec, LruList inactiveList)
    {
        long inactive = _lru[lruvec].CollectedPages(inactiveList);
        long active = _lru[lruvec].CollectedPages(inactiveList + 1);
        long gib = (inactive + active) >> PagesOfGibShift;
        long ratio = gib > 0 ? (long)Math.Sqrt(10 * gib) : 1;
        return inactive * ratio < active;
    }

    private void PrepareScanCount(int node, ref ScanControl sc)
    {
        _lru.Collect();
        int target = _lru.LruvecOf(sc.TargetMemcg, node);
        ref Lruvec lruvec = ref _lru[target];
        sc.AnonCost = lruvec.AnonCost;
        sc.FileCost = lruvec.FileCost;
        // Refaults say that another working set moves in: what is active by now may be stale.
        sc.MayDeactivateAnon = sc.ForceDeactivate || lruvec.CollectedActivatedAnon != lruvec.RefaultsAnon || InactiveIsLow(target, LruList.InactiveAnon);
        sc.MayDeactivateFile = sc.ForceDeactivate || lruvec.CollectedActivatedFile != lruvec.RefaultsFile || InactiveIsLow(target, LruList.InactiveFile);
        long inactiveFile = lruvec.CollectedPages(LruList.InactiveFile);
        sc.CacheTrimMode = inactiveFile >> sc.Priority != 0 && !sc.MayDeactivateFile;
        // A cgroup may well have no page of a file; the machine keeps some.
        sc.FileIsTiny = false;
        if (sc.IsCgroupReclaim)
            return;
        long free = 0;
        long high = 0;
        for (ZoneType type = ZoneType.Dma; (int)type < ZoneTypes.Count; type++)
        {
            ref Zone zone = ref _zones[ZoneTable.Index(node, type)];
            free += zone.FreePages;
            if (zone.ManagedPages != 0)
                high += zone.MarkPages(Watermark.High);
        }

        long file = lruvec.Pages(LruList.ActiveFile) + lruvec.Pages(LruList.InactiveFile);
        sc.FileIsTiny = file + free <= high && !sc.MayDeactivateAnon && lruvec.Pages(LruList.InactiveAnon) >> sc.Priority != 0;
    }

    private void GetScanCount(int memcg, int lruvec, ref ScanControl sc, ref LruvecScan.Counts nr)
    {
        bool isOnline = _memcgs[memcg].IsOnline;
        bool equal = false;
        bool onlyFile = false;
        bool onlyAnon = false;
        if (!sc.MaySwap || _memcgs.SwapPagesLeft(memcg, _stat.NrSwapPages) <= 0 || (sc.IsCgroupReclaim && Swappiness == 0))
            onlyFile = true;
        else if (sc.Priority == 0 && Swappiness != 0)
            equal = true;
        else if (sc.FileIsTiny)
            onlyAnon = true;
        else if (sc.CacheTrimMode)
            onlyFile = true;
        // The pressure on a kind is the less the more its reclaim cost of late, but at least a third, before swappiness.
        ulong total = sc.AnonCost + sc.FileCost;
        ulong anonCost = total + sc.AnonCost;
        ulong fileCost = total + sc.FileCost;
        total = anonCost + fileCost;
        ulong anonPart = (ulong)Swappiness * (total + 1) / (anonCost + 1);
        ulong filePart = (ulong)(200 - Swappiness) * (total + 1) / (fileCost + 1);
        for (LruList list = LruList.InactiveAnon; list <= LruList.ActiveFile; list++)
        {
            bool isFile = list >= LruList.InactiveFile;
            long size = _lru[lruvec].OwnPages(list, (int)sc.ReclaimIdx);
            long scan = Unprotected(memcg, size, ref sc) >> sc.Priority;
            // The last pages of a cgroup that is gone are fetched, however few.
            if (scan == 0 && !isOnline)
                scan = Math.Min(size, ScanControl.SwapClusterMax);
            if (isFile ? onlyAnon : onlyFile)
                scan = 0;
            else if (!equal && !onlyAnon && !onlyFile)
                scan = (long)((((ulong)scan * (isFile ? filePart : anonPart)) + (isOnline ? 0 : anonPart + filePart - 1)) / (anonPart + filePart));
            nr[(int)list] = scan;
        }
    }

    /// <summary>
    /// How much of a list of a cgroup counts: the less, the more of the cgroup is protected, but 32 pages at least, so that
    /// reclaim goes on.
    /// </summary>
    private long Unprotected(int memcg, long size, ref ScanControl sc)
    {
        (long min, long low) = _memcgs.Protection(sc.TargetMemcg, memcg);
        if (min == 0 && low == 0)
            return size;
        long kept = min;
        if (!sc.MemcgLowReclaim && low > min)
        {
            kept = low;
            sc.MemcgLowSkipped = true;
        }

        long usage = Math.Max(_memcgs[memcg].Memory.Usage, kept);
        return Math.Max(size - (long)((Int128)size * kept / (usage + 1)), ScanControl.SwapClusterMax);
    }
}
