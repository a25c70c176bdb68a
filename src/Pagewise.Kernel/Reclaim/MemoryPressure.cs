using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Reclaim;

/// <summary>What the page allocator asks for when memory is short: kswapd, direct reclaim (try_to_free_pages, mm/vmscan.c), the OOM killer.</summary>
/// <param name="zones">The zones.</param>
/// <param name="vmscan">Reclaim.</param>
/// <param name="kswapd">The daemons.</param>
/// <param name="stat">Counters.</param>
/// <param name="clock">The clock.</param>
/// <param name="events">What is to happen when.</param>
internal sealed class MemoryPressure(ZoneTable zones, Vmscan vmscan, Kswapd kswapd, VmStat stat, Clock clock, EventQueue events) : IMemoryPressure, IMemcgPressure
{
    private bool _isReclaiming;

    /// <summary>Who kills; null: no one, and allocations fail.</summary>
    public IOomKiller? OomKiller { get; set; }

    /// <summary>Who kills when a cgroup is at its limit: the cgroup, the flags and the order; null: no one, and charges fail.</summary>
    public Func<int, Gfp, int, bool>? MemcgOomKiller { get; set; }

    /// <summary>Whether the running task has a SIGKILL pending; null: never.</summary>
    public Func<bool>? IsTaskDying { get; set; }

    /// <inheritdoc/>
    public bool IsReclaiming => _isReclaiming;

    /// <inheritdoc/>
    public bool IsDying => IsTaskDying?.Invoke() ?? false;

    /// <inheritdoc/>
    public bool OutOfMemory(int memcg, Gfp gfp, int order) => MemcgOomKiller?.Invoke(memcg, gfp, order) ?? false;

    /// <inheritdoc/>
    public void Sleep(long jiffies)
    {
        if (jiffies == 0)
            events.RunDue();
        else
            WaitJiffies(jiffies);
    }

    /// <inheritdoc/>
    public long Reclaim(int memcg, long pages, Gfp gfp, bool maySwap)
    {
        if (_isReclaiming)
            return 0;
        events.RunDue();
        _isReclaiming = true;
        bool wasInFault = vmscan.SetInFault(false);
        ScanControl sc = new()
        {
            TargetMemcg = memcg,
            NrToReclaim = Math.Max(pages, ScanControl.SwapClusterMax),
            Gfp = gfp,
            ReclaimIdx = ZoneType.Movable,
            MayWritepage = true,
            MayUnmap = true,
            MaySwap = maySwap,
        };
        vmscan.Tracepoints?.MmVmscanReclaimBegin(0, gfp, isMemcg: true);
        long reclaimed = TryToFree(new AllocContext(0, ulong.MaxValue, ulong.MaxValue, ZoneType.Movable, MigrateType.Movable, 0), ref sc);
        _ = vmscan.SetInFault(wasInFault);
        vmscan.Tracepoints?.MmVmscanReclaimEnd(reclaimed, isMemcg: true);
        _isReclaiming = false;
        return reclaimed;
    }

    /// <inheritdoc/>
    public void WakeKswapd(int zone, Gfp gfp, int order, ZoneType highest)
    {
        // Before it allocates, a task that may wait gives way to a kswapd that an earlier allocation woke (might_alloc).
        if ((gfp & Gfp.DirectReclaim) != 0 && !_isReclaiming)
            kswapd.GiveWay(zones[zone].Node);
        kswapd.Wake(zone, gfp, order, highest);
    }

    /// <inheritdoc/>
    public long ReclaimablePages(int zone) => vmscan.ZoneReclaimablePages(zone);

    /// <inheritdoc/>
    public bool OutOfMemory(in AllocContext context, Gfp gfp, int order)
    {
        // Linux's sixteen retries for nothing take some ticks (trace_oom), by which a kswapd that was woken, or lost the CPU, had its turn.
        return kswapd.RunWoken(context.Node) || (OomKiller?.OutOfMemory(context, gfp, order) ?? false);
    }

    /// <inheritdoc/>
    public long DirectReclaim(in AllocContext context, Gfp gfp, int order)
    {
        // Reclaim itself never waits for reclaim (PF_MEMALLOC).
        if (_isReclaiming)
            return 0;
        events.RunDue();
        events.Psi.MemstallEnter();
        _isReclaiming = true;
        bool wasInFault = vmscan.SetInFault(false);
        ScanControl sc = new()
        {
            NrToReclaim = ScanControl.SwapClusterMax,
            Gfp = gfp,
            Order = order,
            ReclaimIdx = context.Highest,
            MayWritepage = true,
            MayUnmap = true,
            MaySwap = true,
        };
        vmscan.Tracepoints?.MmVmscanReclaimBegin(order, gfp, isMemcg: false);
        long reclaimed = TryToFree(context, ref sc);
        _ = vmscan.SetInFault(wasInFault);
        vmscan.Tracepoints?.MmVmscanReclaimEnd(reclaimed, isMemcg: false);
        _isReclaiming = false;
        events.Psi.MemstallLeave();
        return reclaimed;
    }

    /// <summary>do_try_to_free_pages: harder and harder, then once more with the active lists aged whatever their ratio.</summary>
    private long TryToFree(in AllocContext context, ref ScanControl sc)
    {
        while (true)
        {
            if (!sc.IsCgroupReclaim)
                stat.AllocStall[(int)sc.ReclaimIdx]++;
            for (sc.Priority = ScanControl.DefaultPriority; sc.Priority >= 0; sc.Priority--)
            {
                if (vmscan.NotePriority(in sc))
                    kswapd.TakeTurn(context.Node);
                sc.NrScanned = 0;
                ShrinkZones(context, ref sc);
                if (sc.NrReclaimed >= sc.NrToReclaim)
                    break;
            }

            int lastNode = -1;
            foreach (ushort index in zones.Zonelist(context.Node))
            {
                if (!IsEligible(index, context) || zones[index].Node == lastNode)
                    continue;
                lastNode = zones[index].Node;
                vmscan.SnapshotRefaults(lastNode, sc.TargetMemcg);
                vmscan.TargetLruvec(lastNode, in sc).Congested = false;
            }

            if (sc.NrReclaimed != 0)
                return sc.NrReclaimed;
            if (sc.SkippedDeactivate)
            {
                sc.ForceDeactivate = true;
                sc.SkippedDeactivate = false;
            }
            else if (sc.MemcgLowSkipped)
            {
                // What memory.low kept is taken before anyone is killed.
                sc.ForceDeactivate = false;
                sc.MemcgLowReclaim = true;
                sc.MemcgLowSkipped = false;
            }
            else
            {
                return 0;
            }
        }
    }

    private void ShrinkZones(in AllocContext context, ref ScanControl sc)
    {
        int lastNode = -1;
        int firstNode = -1;
        foreach (ushort index in zones.Zonelist(context.Node))
        {
            int node = zones[index].Node;
            if (!IsEligible(index, context) || node == lastNode)
                continue;
            lastNode = node;
            if (firstNode < 0)
                firstNode = node;
            ShrinkNode(node, ref sc);
        }

        if (firstNode >= 0)
            ConsiderThrottle(firstNode, in sc);
    }

    private bool IsEligible(int index, in AllocContext context) =>
        zones[index].Type <= context.Highest && (context.NodeMask & (1UL << zones[index].Node)) != 0;

    private void ShrinkNode(int node, ref ScanControl sc)
    {
        LruvecScan scan = default;
        long reclaimed = sc.NrReclaimed;
        vmscan.StartNode(node, ref sc);
        while (vmscan.NextLruvec(node, ref sc, ref scan))
        {
            while (vmscan.Round(ref sc, ref scan))
                events.RunDue();
            vmscan.End(ref sc, ref scan);
        }

        ref Lruvec target = ref vmscan.TargetLruvec(node, in sc);
        if (sc.IsCgroupReclaim && sc.Nr.Dirty != 0 && sc.Nr.Dirty == sc.Nr.Congested)
            target.Congested = true;
        if (target.Congested && !SkipsThrottle(node))
            WaitJiffies(1);
        if (sc.NrReclaimed != reclaimed)
            kswapd.Revive(node);
        if (vmscan.NotePass(in sc))
            kswapd.TakeTurn(node);
    }

    /// <summary>consider_reclaim_throttle: without any progress at the end, wait a jiffy for writes to end.</summary>
    private void ConsiderThrottle(int node, in ScanControl sc)
    {
        if (sc.NrReclaimed > sc.NrScanned >> 3)
            return;
        if (sc.Priority == 1 && sc.NrReclaimed == 0 && !SkipsThrottle(node))
            WaitJiffies(1);
    }

    /// <summary>skip_throttle_noprogress: waiting helps only while many pages are being written, and kswapd has not given up.</summary>
    private bool SkipsThrottle(int node)
    {
        if (kswapd.IsHopeless(node))
            return true;
        long reclaimable = 0;
        for (ZoneType type = ZoneType.Dma; (int)type < ZoneTypes.Count; type++)
            reclaimable += vmscan.ZoneReclaimablePages(ZoneTable.Index(node, type));
        return 2 * stat.NrWriteback <= reclaimable;
    }

    private void WaitJiffies(long count) => events.WaitUntil(clock.NowNs + (count * FairTurns.JiffyNs));
}
