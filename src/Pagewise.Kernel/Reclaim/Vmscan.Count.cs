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
    private bool InactiveIsLow(int node, LruList inactiveList)
    {
        long inactive = _lru[node].Pages(inactiveList);
        long active = _lru[node].Pages(inactiveList + 1);
        long gib = (inactive + active) >> PagesOfGibShift;
        long ratio = gib > 0 ? (long)Math.Sqrt(10 * gib) : 1;
        return inactive * ratio < active;
    }

    private void PrepareScanCount(int node, ref ScanControl sc)
    {
        ref Lruvec lruvec = ref _lru[node];
        sc.AnonCost = lruvec.AnonCost;
        sc.FileCost = lruvec.FileCost;
        // Refaults say that another working set moves in: what is active by now may be stale.
        sc.MayDeactivateAnon = sc.ForceDeactivate || lruvec.ActivatedAnon != lruvec.RefaultsAnon || InactiveIsLow(node, LruList.InactiveAnon);
        sc.MayDeactivateFile = sc.ForceDeactivate || lruvec.ActivatedFile != lruvec.RefaultsFile || InactiveIsLow(node, LruList.InactiveFile);
        long inactiveFile = lruvec.Pages(LruList.InactiveFile);
        sc.CacheTrimMode = inactiveFile >> sc.Priority != 0 && !sc.MayDeactivateFile;
        long free = 0;
        long high = 0;
        for (ZoneType type = ZoneType.Dma; (int)type < ZoneTypes.Count; type++)
        {
            ref Zone zone = ref _zones[ZoneTable.Index(node, type)];
            free += zone.FreePages;
            if (zone.ManagedPages != 0)
                high += zone.MarkPages(Watermark.High);
        }

        long file = lruvec.Pages(LruList.ActiveFile) + inactiveFile;
        sc.FileIsTiny = file + free <= high && !sc.MayDeactivateAnon && lruvec.Pages(LruList.InactiveAnon) >> sc.Priority != 0;
    }

    private void GetScanCount(int node, ref ScanControl sc, ref LruvecScan.Counts nr)
    {
        bool equal = false;
        bool onlyFile = false;
        bool onlyAnon = false;
        if (!sc.MaySwap || _stat.NrSwapPages <= 0)
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
            long scan = LruSize(node, list, sc.ReclaimIdx) >> sc.Priority;
            if (isFile ? onlyAnon : onlyFile)
                scan = 0;
            else if (!equal && !onlyAnon && !onlyFile)
                scan = (long)((ulong)scan * (isFile ? filePart : anonPart) / (anonPart + filePart));
            nr[(int)list] = scan;
        }
    }

    /// <summary>Pages of a list in the zones that help (lruvec_lru_size).</summary>
    private long LruSize(int node, LruList list, ZoneType highest)
    {
        long pages = 0;
        for (ZoneType type = ZoneType.Dma; type <= highest; type++)
            pages += _lru.ZonePages(ZoneTable.Index(node, type), list);
        return pages;
    }
}
