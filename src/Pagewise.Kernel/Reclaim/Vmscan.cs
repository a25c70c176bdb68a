using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Swap;

namespace Pagewise.Kernel.Reclaim;

/// <summary>
/// Page reclaim with the classic lists (mm/vmscan.c, 6.1): how much of which list is scanned, what becomes of each page.
/// Direct reclaim and kswapd are in <see cref="MemoryPressure"/> and <see cref="Kswapd"/>.
/// </summary>
/// <remarks>Simplified: no memory tiers.</remarks>
internal sealed partial class Vmscan : IPageReclaim
{
    /// <summary>vmpressure_win, pages.</summary>
    private const long PressureWindow = ScanControl.SwapClusterMax * 16;

    /// <summary>vmpressure_level_critical_prio.</summary>
    private const int CriticalPriority = 3;

    private readonly ZoneTable _zones;
    private readonly BuddyAllocator _allocator;
    private readonly MemMap _memMap;
    private readonly MemCgroups _memcgs;
    private readonly LruLists _lru;
    private readonly FilePages _pages;
    private readonly SwapSpace _swap;
    private readonly Writeback _writeback;
    private readonly RmapWalks _rmap;
    private readonly AddressSpaceArenas _spaces;
    private readonly bool[] _kswapdCanSwap;
    private double _walkedAtWaitedNs;
    private readonly VmStat _stat;
    private readonly Clock _clock;
    private readonly MmFeatures _features;
    private readonly NodeFlags[] _nodeFlags;
    private long _pressureScanned; // tree_scanned of the root's struct vmpressure
    private readonly List<uint> _isolated = [];
    private readonly List<uint> _skipped = [];
    private readonly List<uint> _returned = [];
    private readonly List<uint> _second = [];
    private readonly List<uint> _freed = [];
    private readonly List<uint>[] _held;
    private uint _ahead;

    public Vmscan(KernelState state, RmapWalks rmap)
    {
        _zones = state.Allocator.Zones;
        _allocator = state.Allocator;
        _memMap = state.MemMap;
        _memcgs = state.Memcgs;
        _lru = state.Lru;
        _pages = state.Pages;
        _swap = state.Swap;
        _writeback = state.Writeback;
        _rmap = rmap;
        _spaces = state.Spaces;
        _kswapdCanSwap = new bool[state.Allocator.Zones.NodeCount];
        _stat = state.Stat;
        _clock = state.Clock;
        _features = state.Settings.Features;
        _nodeFlags = new NodeFlags[_zones.NodeCount];
        _held = [.. Enumerable.Range(0, _zones.NodeCount).Select(_ => new List<uint>())];
    }

    /// <summary>Who listens; null: nobody.</summary>
    public IVmscanTracepoints? Tracepoints { get; set; }

    /// <summary>Who can give kernel objects back.</summary>
    public required Shrinkers Shrinkers { get; init; }

    /// <summary>vm.swappiness: what swapping costs beside reading files again, 0 to 200; 100 is the same.</summary>
    public int Swappiness { get; set; } = 60;

    /// <summary>What reclaim has found out about a node (pgdat flags).</summary>
    public ref NodeFlags FlagsOf(int node) => ref _nodeFlags[node];

    /// <summary>
    /// Pages that a zone's lists could give (zone_reclaimable_pages); of a zone that has none the free ones, so that it is
    /// not passed over (6.13 and the stable series before it).
    /// </summary>
    public long ZoneReclaimablePages(int zone)
    {
        long pages = _lru.ZonePages(zone, LruList.InactiveFile) + _lru.ZonePages(zone, LruList.ActiveFile);
        if (_stat.NrSwapPages > 0)
            pages += _lru.ZonePages(zone, LruList.InactiveAnon) + _lru.ZonePages(zone, LruList.ActiveAnon);
        return pages != 0 ? pages : _zones[zone].FreePages;
    }

    /// <summary>Remembers how many refaults there were, so that the next reclaim sees new ones (snapshot_refaults).</summary>
    public void SnapshotRefaults(int node, int target)
    {
        if (_lru.HasGens)
            return;
        ref Lruvec lruvec = ref _lru[_lru.LruvecOf(target, node)];
        lruvec.RefaultsAnon = lruvec.CollectedActivatedAnon;
        lruvec.RefaultsFile = lruvec.CollectedActivatedFile;
    }

    /// <summary>The lists that a reclaim looks at as a whole: the target's, those below included.</summary>
    public ref Lruvec TargetLruvec(int node, in ScanControl sc) => ref _lru[_lru.LruvecOf(sc.TargetMemcg, node)];

    /// <summary>Begins a pass over a node (shrink_node): what its lists hold decides what is scanned (prepare_scan_count).</summary>
    public void StartNode(int node, ref ScanControl sc)
    {
        _clock.ScanPasses++;
        if (!sc.IsKswapd)
            _clock.DirectPasses++;
        sc.Nr = default;
        sc.NrScannedBefore = sc.NrScanned;
        if (_lru.HasGens)
            return;
        _clock.ColdPasses = 1;
        PrepareScanCount(node, ref sc);
    }

    /// <summary>Goes on to the lists of the next cgroup that is not wholly protected (shrink_node_memcgs).</summary>
    /// <returns>False: that was the last.</returns>
    public bool NextLruvec(int node, ref ScanControl sc, ref LruvecScan scan)
    {
        int memcg = scan.Memcg;
        scan = default;
        while ((memcg = _memcgs.Next(sc.TargetMemcg, memcg)) != 0)
        {
            _memcgs.CalculateProtection(sc.TargetMemcg, memcg);
            if (_memcgs.IsBelowMin(sc.TargetMemcg, memcg))
                continue;
            if (_memcgs.IsBelowLow(sc.TargetMemcg, memcg))
            {
                if (!sc.MemcgLowReclaim)
                {
                    sc.MemcgLowSkipped = true;
                    continue;
                }

                _memcgs.Note(memcg, MemcgEvent.Low);
            }

            scan.Memcg = memcg;
            scan.Lruvec = _lru.LruvecOf(memcg, node);
            if (_lru.HasGens)
            {
                StartGens(in sc, ref scan);
                return true;
            }

            GetScanCount(memcg, scan.Lruvec, ref sc, ref scan.Nr);
            scan.Targets = scan.Nr;
            scan.IsProportional = !sc.IsCgroupReclaim && !sc.IsKswapd && sc.Priority == ScanControl.DefaultPriority;
            return true;
        }

        FlushReclaimState(ref sc);
        return false;
    }

    /// <summary>One round over the lists of a cgroup, up to 32 pages of each (the loop of shrink_lruvec).</summary>
    /// <returns>False when the pass is over: nothing left to scan, or enough reclaimed.</returns>
    public bool Round(ref ScanControl sc, ref LruvecScan scan)
    {
        long slabPages = _stat.ReclaimedSlab;
        bool goesOn = _lru.HasGens ? RoundGens(ref sc, ref scan) : RoundLists(ref sc, ref scan);
        sc.ReclaimedSlab += _stat.ReclaimedSlab - slabPages;
        return goesOn;
    }

    private bool RoundLists(ref ScanControl sc, ref LruvecScan scan)
    {
        if (scan.Nr[(int)LruList.InactiveAnon] == 0 && scan.Nr[(int)LruList.ActiveFile] == 0 && scan.Nr[(int)LruList.InactiveFile] == 0)
            return false;
        for (LruList list = LruList.InactiveAnon; list <= LruList.ActiveFile; list++)
        {
            long count = Math.Min(scan.Nr[(int)list], ScanControl.SwapClusterMax);
            if (count == 0)
                continue;
            scan.Nr[(int)list] -= count;
            scan.NrReclaimed += ShrinkList(scan.Lruvec, list, (int)count, ref sc);
        }

        if (scan.NrReclaimed < sc.NrToReclaim || scan.IsProportional)
            return true;
        return Rebalance(ref scan);
    }

    /// <summary>
    /// Ends a pass over the lists of a cgroup: writes that were gathered go, the anonymous lists are kept in proportion, and
    /// shrinkers do their share.
    /// </summary>
    public void End(ref ScanControl sc, ref LruvecScan scan)
    {
        _swap.Unplug();
        if (_lru.HasGens)
            EndGens(ref sc, in scan);
        else
            EndLists(ref sc, in scan);
        long slabPages = _stat.ReclaimedSlab;
        _ = Shrinkers.ShrinkSlab(sc.Gfp, _lru.NodeOfLruvec(scan.Lruvec), scan.Memcg, sc.Priority, sc.IsKswapd);
        sc.ReclaimedSlab += _stat.ReclaimedSlab - slabPages;
    }

    private void EndLists(ref ScanControl sc, in LruvecScan scan)
    {
        sc.NrReclaimed += scan.NrReclaimed;
        if (_stat.TotalSwapPages > 0 && InactiveIsLow(scan.Lruvec, LruList.InactiveAnon))
            ShrinkActiveList(scan.Lruvec, LruList.ActiveAnon, ScanControl.SwapClusterMax, ref sc);
    }

    /// <summary>Pages of slabs that went empty count as reclaimed (shrink_node; from 6.4 on flush_reclaim_state, not for a cgroup).</summary>
    private void FlushReclaimState(ref ScanControl sc)
    {
        if (!sc.IsCgroupReclaim || _features.CountsSlabsReclaimedForCgroups)
            sc.NrReclaimed += sc.ReclaimedSlab;
        sc.ReclaimedSlab = 0;
    }

    /// <summary>The end of a pass over a node (shrink_node): <see cref="NotePressure"/> of what it scanned.</summary>
    public bool NotePass(in ScanControl sc) => NotePressure(in sc, sc.NrScanned - sc.NrScannedBefore);

    /// <summary>The start of a direct pass: from priority 3 on it counts as a window (vmpressure_prio).</summary>
    public bool NotePriority(in ScanControl sc) => sc.Priority <= CriticalPriority && NotePressure(in sc, PressureWindow);

    /// <summary>
    /// Every 512 pages scanned for the whole machine, a kworker is woken to tell user space how hard it was (vmpressure). What
    /// it tells and how long that takes is not modelled, nor are the windows of cgroups.
    /// </summary>
    /// <returns>True when it is woken: it takes the CPU, and who has it next is the scheduler's choice.</returns>
    private bool NotePressure(in ScanControl sc, long scanned)
    {
        if (sc.IsCgroupReclaim || (sc.Gfp & (Gfp.HighMem | Gfp.Movable | Gfp.Io | Gfp.Fs)) == 0)
            return false;
        _pressureScanned += scanned;
        if (_pressureScanned < PressureWindow)
            return false;
        _pressureScanned = 0;
        return true;
    }

    /// <summary>Ages the active anonymous lists of a node a little when the inactive ones are short (kswapd_age_node).</summary>
    public void AgeAnon(int node, ref ScanControl sc)
    {
        if (_lru.HasGens)
        {
            AgeGens(node, ref sc);
            return;
        }

        if (_stat.TotalSwapPages <= 0 || !InactiveIsLow(node, LruList.InactiveAnon))
            return;
        for (int memcg = _memcgs.Next(0, 0); memcg != 0; memcg = _memcgs.Next(0, memcg))
            ShrinkActiveList(_lru.LruvecOf(memcg, node), LruList.ActiveAnon, ScanControl.SwapClusterMax, ref sc);
    }

    /// <summary>
    /// Enough is reclaimed, yet the lists were not scanned by the same part: the kind with less left is done, the other
    /// goes on to the part that the first was scanned by.
    /// </summary>
    private static bool Rebalance(ref LruvecScan scan)
    {
        long file = scan.Nr[(int)LruList.InactiveFile] + scan.Nr[(int)LruList.ActiveFile];
        long anon = scan.Nr[(int)LruList.InactiveAnon] + scan.Nr[(int)LruList.ActiveAnon];
        if (file == 0 || anon == 0)
            return false;
        LruList less = file > anon ? LruList.InactiveAnon : LruList.InactiveFile;
        LruList more = file > anon ? LruList.InactiveFile : LruList.InactiveAnon;
        long target = scan.Targets[(int)less] + scan.Targets[(int)less + 1] + 1;
        long percentage = Math.Min(file, anon) * 100 / target;
        scan.Nr[(int)less] = 0;
        scan.Nr[(int)less + 1] = 0;
        for (int list = (int)more; list <= (int)more + 1; list++)
        {
            long scanned = scan.Targets[list] - scan.Nr[list];
            scan.Nr[list] = scan.Targets[list] * (100 - percentage) / 100;
            scan.Nr[list] -= Math.Min(scan.Nr[list], scanned);
        }

        return true;
    }

    private long ShrinkList(int lruvec, LruList list, int count, ref ScanControl sc)
    {
        if (list is LruList.InactiveAnon or LruList.InactiveFile)
            return ShrinkInactiveList(lruvec, list, count, ref sc);
        if (list == LruList.ActiveFile ? sc.MayDeactivateFile : sc.MayDeactivateAnon)
            ShrinkActiveList(lruvec, list, count, ref sc);
        else
            sc.SkippedDeactivate = true;
        return 0;
    }
}
