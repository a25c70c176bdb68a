using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.PageAllocator;

/// <content>
/// What an allocation does when the free areas are below low (__alloc_pages_slowpath): wake kswapd, try again down to
/// min and to the reserves it may use, compact, reclaim, retry while there is hope, kill, give up.
/// </content>
public sealed partial class BuddyAllocator
{
    private const int MaxReclaimRetries = 16;
    private const int MaxCompactRetries = 16;

    /// <summary>Reclaim and the OOM killer; null: none, so allocations fail when the pages are used up.</summary>
    public IMemoryPressure? Pressure { get; set; }

    /// <summary>Who keeps the books on frames that memory cgroups pay for; null: nobody.</summary>
    public IFrameCharges? Charges { get; set; }

    /// <summary>Who is told of failures; null: nobody.</summary>
    public IAllocationFailureSink? Failures { get; set; }

    /// <summary>The task that allocates now.</summary>
    public AllocTaskFlags CurrentTask { get; set; }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint AllocPagesSlowpath(Gfp gfp, int order, AllocContext context)
    {
        bool canReclaim = (gfp & Gfp.DirectReclaim) != 0;
        bool costly = order > PageOrder.Costly;
        AllocFlags flags = GfpToAllocFlags(gfp, order) | FragmentFlags(context.PreferredZone, gfp);
        // The kernel's own memory, and that of those who cannot wait, may come from beyond the cpuset (cpuset_node_allowed).
        if (_memsAllowed != AllNodes && ((gfp & Gfp.HardWall) == 0 || (flags & AllocFlags.Cpuset) == 0))
            context = Prepare(gfp, context.Node, context.PolicyNodes, AllNodes);
        if ((flags & AllocFlags.Kswapd) != 0)
            WakeAllKswapds(gfp, order, context);
        uint pfn = GetPageFromFreelist(gfp, order, flags, context);
        if (pfn != 0)
            return pfn;
        var priority = CompactPriority.Async;
        // Large blocks fail for fragmentation rather than for want of pages, so pages are moved before any is reclaimed.
        if (canReclaim && (costly || (order > 0 && context.Type != MigrateType.Movable)) && ReserveFlags(gfp) == 0)
        {
            pfn = DirectCompact(gfp, order, flags, context, priority, out CompactResult result);
            if (pfn != 0)
                return pfn;
            if (costly && (gfp & Gfp.NoRetry) != 0 && result is CompactResult.Skipped or CompactResult.Deferred)
                return NoPage(gfp, order, flags, context);
        }

        int noProgress = 0;
        int compactions = 0;
        while (true)
        {
            if ((flags & AllocFlags.Kswapd) != 0)
                WakeAllKswapds(gfp, order, context);
            AllocFlags reserves = ReserveFlags(gfp);
            if (reserves != 0)
            {
                flags = reserves | (flags & AllocFlags.Kswapd);
                // A task that frees memory may leave its memory policy and its cpuset.
                if (context.NodeMask != AllNodes && (gfp & Gfp.ThisNode) == 0)
                    context = Prepare(gfp, context.Node, AllNodes, AllNodes);
            }

            pfn = GetPageFromFreelist(gfp, order, flags, context);
            if (pfn != 0)
                return pfn;
            if (!canReclaim || (CurrentTask & AllocTaskFlags.MemAlloc) != 0)
                return NoPage(gfp, order, flags, context);
            pfn = DirectReclaim(gfp, order, flags, context, out long reclaimed);
            if (pfn != 0)
                return pfn;
            pfn = DirectCompact(gfp, order, flags, context, priority, out CompactResult compacted);
            if (pfn != 0)
                return pfn;
            if ((gfp & Gfp.NoRetry) != 0 || (costly && (gfp & Gfp.RetryMayFail) == 0))
                return NoPage(gfp, order, flags, context);
            if (ShouldReclaimRetry(order, flags, context, reclaimed > 0, ref noProgress))
                continue;
            if (reclaimed > 0 && ShouldCompactRetry(order, flags, context, compacted, ref priority, ref compactions))
                continue;
            pfn = AllocPagesMayOom(gfp, order, context, out bool progress);
            if (pfn != 0)
                return pfn;
            // A task that is being killed is not worth more effort.
            if ((CurrentTask & AllocTaskFlags.OomVictim) != 0 && ((flags & AllocFlags.Oom) != 0 || (gfp & Gfp.NoMemAlloc) != 0))
                return NoPage(gfp, order, flags, context);
            if (!progress)
                return NoPage(gfp, order, flags, context);
            noProgress = 0;
        }
    }

    /// <summary>gfp_to_alloc_flags.</summary>
    private AllocFlags GfpToAllocFlags(Gfp gfp, int order)
    {
        AllocFlags flags = AllocFlags.WmarkMin | AllocFlags.Cpuset | (AllocFlags)(uint)(gfp & (Gfp.High | Gfp.KswapdReclaim));
        bool cannotWait = _explicitReserves ? (gfp & Gfp.DirectReclaim) == 0 : (gfp & Gfp.AtomicFlag) != 0;
        if (cannotWait)
        {
            if ((gfp & Gfp.NoMemAlloc) == 0)
                flags |= AllocFlags.Harder | (_explicitReserves && order > 0 && (gfp & Gfp.High) != 0 ? AllocFlags.HighAtomic : 0);
            if (!_explicitReserves || (gfp & Gfp.High) != 0)
                flags &= ~AllocFlags.Cpuset;
        }
        else if ((CurrentTask & AllocTaskFlags.RealTime) != 0)
        {
            flags |= _explicitReserves ? AllocFlags.High : AllocFlags.Harder;
        }

        return flags;
    }

    /// <summary>__gfp_pfmemalloc_flags: what of the reserves is open to the task.</summary>
    private AllocFlags ReserveFlags(Gfp gfp)
    {
        if ((gfp & Gfp.NoMemAlloc) != 0)
            return 0;
        if ((gfp & Gfp.MemAlloc) != 0 || (CurrentTask & AllocTaskFlags.MemAlloc) != 0)
            return AllocFlags.NoWatermarks;
        return (CurrentTask & AllocTaskFlags.OomVictim) != 0 ? AllocFlags.Oom : 0;
    }

    private void WakeAllKswapds(Gfp gfp, int order, in AllocContext context)
    {
        if (Pressure is null)
            return;
        int lastNode = -1;
        foreach (ushort index in _zones.Zonelist(context.Node))
        {
            ref Zone zone = ref _zones[index];
            if (zone.Node == lastNode || !Allows(zone, context.NodeMask, context.Highest))
                continue;
            lastNode = zone.Node;
            Pressure.WakeKswapd(index, gfp, order, context.Highest);
        }
    }

    /// <summary>__alloc_pages_direct_reclaim: pages may hide in per-CPU lists or highatomic blocks, so these are emptied once.</summary>
    private uint DirectReclaim(Gfp gfp, int order, AllocFlags flags, in AllocContext context, out long reclaimed)
    {
        AllocContext reclaimable = _memsAllowed == AllNodes ? context : context with { NodeMask = context.NodeMask & _memsAllowed };
        reclaimed = Pressure?.DirectReclaim(reclaimable, gfp, order) ?? 0;
        if (reclaimed == 0)
            return 0;
        uint pfn = GetPageFromFreelist(gfp, order, flags, context);
        if (pfn != 0)
            return pfn;
        UnreserveHighatomicPageblock(context, force: false);
        DrainAllPages();
        return GetPageFromFreelist(gfp, order, flags, context);
    }

    /// <summary>should_reclaim_retry: whether reclaiming everything reclaimable would do.</summary>
    private bool ShouldReclaimRetry(int order, AllocFlags flags, in AllocContext context, bool progress, ref int noProgress)
    {
        noProgress = progress && order <= PageOrder.Costly ? 0 : noProgress + 1;
        if (noProgress > MaxReclaimRetries)
            return UnreserveHighatomicPageblock(context, force: true);
        foreach (ushort index in _zones.Zonelist(context.Node))
        {
            ref Zone zone = ref _zones[index];
            if (!Allows(zone, context.PolicyNodes, context.Highest))
                continue;
            long reclaimable = Pressure?.ReclaimablePages(index) ?? 0;
            long available = zone.FreePages + reclaimable;
            bool isEnough = ZoneWatermarkOk(zone, order, zone.MarkPages(Watermark.Min), context.Highest, flags, available);
            RetryTracepoint?.Invoke(new ReclaimRetryZone(zone.Node, zone.Type, order, reclaimable, available, zone.MarkPages(Watermark.Min), noProgress, isEnough));
            if (isEnough)
                return true;
        }

        return _claimsBlocks && UnreserveHighatomicPageblock(context, force: true);
    }

    /// <summary>__alloc_pages_may_oom: one last look, above high, then a task dies.</summary>
    private uint AllocPagesMayOom(Gfp gfp, int order, in AllocContext context, out bool progress)
    {
        progress = false;
        uint pfn = GetPageFromFreelist((gfp | Gfp.HardWall) & ~Gfp.DirectReclaim, order, AllocFlags.WmarkHigh | AllocFlags.Cpuset, context);
        if (pfn != 0 || order > PageOrder.Costly || (gfp & (Gfp.RetryMayFail | Gfp.ThisNode)) != 0)
            return pfn;
        // Low memory that only few can use is not worth a life.
        if (context.Highest < ZoneType.Normal)
            return 0;
        progress = Pressure?.OutOfMemory(context, gfp, order) ?? false;
        if ((gfp & Gfp.NoFail) == 0)
            return 0;
        if (!progress)
            progress = Pressure is not null;
        return GetPageFromFreelist(gfp, order, AllocFlags.NoWatermarks, context);
    }

    /// <summary>The end of the slow path: those that must not fail get into the reserves, the others are reported.</summary>
    private uint NoPage(Gfp gfp, int order, AllocFlags flags, in AllocContext context)
    {
        if ((gfp & (Gfp.NoFail | Gfp.DirectReclaim)) == (Gfp.NoFail | Gfp.DirectReclaim))
        {
            uint pfn = GetPageFromFreelist(gfp, order, flags | (_explicitReserves ? AllocFlags.High : AllocFlags.Harder), context);
            if (pfn != 0)
                return pfn;
        }

        if ((gfp & Gfp.NoWarn) == 0)
            Failures?.PageAllocationFailure(new AllocationFailure(order, gfp, context.NodeMask));
        return 0;
    }
}
