using System.Runtime.CompilerServices;
using Pagewise.Kernel.Frames;

namespace Pagewise.Kernel.PageAllocator;

/// <content>The way of an allocation: preferred zone, watermark, per-CPU list, free areas; then the next zone.</content>
public sealed partial class BuddyAllocator
{
    /// <summary>All nodes.</summary>
    private const ulong AllNodes = ulong.MaxValue;

    /// <summary>Takes 2^<paramref name="order"/> contiguous frames, aligned to their size, with one reference on the first (alloc_pages).</summary>
    /// <param name="gfp">What is wanted.</param>
    /// <param name="order">0 to 10.</param>
    /// <returns>The first frame's number; 0 when there are none.</returns>
    /// <remarks>
    /// The common case in a few loads: a single page for the local node, with pages in the per-CPU list and the zone
    /// well above the mark. Everything else takes the long way, which decides the same.
    /// </remarks>
    public uint AllocPages(Gfp gfp, int order)
    {
        int index = _localZones[(int)GfpNames.Zone(gfp)];
        if (order != 0 || index < 0 || _longWay || (gfp & Gfp.ThisNode) != 0)
            return AllocPagesAnyway(gfp, order);
        ref Zone zone = ref _zoneArray[index];
        ref PerCpuPages pcp = ref _pageSets[_firstPageSet + index];
        ref PageList list = ref pcp.Lists[(int)GfpNames.Type(gfp)];
        uint pfn = list.First;
        long spare = zone.FreePages - zone.NrReservedHighatomic - zone.LowmemReserve[(int)GfpNames.Zone(gfp)];
        if (pfn == 0 || zone.Flags != ZoneFlags.None || spare <= zone.MarkPages(Watermark.High))
            return AllocPagesAnyway(gfp, order);
        pcp.FreeFactor >>= 1;
        pcp.FreeCount >>= 1;
        ref PageFrame frame = ref _memMap[pfn];
        // The link back of a list's first frame is never read, so taking it leaves the next frame alone.
        uint next = frame.Next;
        list.First = next;
        if (next == 0)
            list.Last = 0;
        pcp.Count--;
        zone.PgAlloc++;
        _stat.PgAlloc++;
        zone.NumaHit++;
        if (zone.Node == _node)
            zone.NumaLocal++;
        else
            zone.NumaOther++;
        frame.Flags |= PageFlags.Allocated;
        frame.RefCount = 1;
        frame.Index = 0;
        frame.Next = 0;
        frame.Prev = 0;
        if ((gfp & Gfp.Zero) != 0)
            _memMap.Clear(pfn);
        return pfn;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint AllocPagesAnyway(Gfp gfp, int order)
    {
        if (_takesUsedFrames)
            return TakeUsed(gfp, order);
        return _taskPolicy.Mode == MemPolicyMode.Default || (gfp & Gfp.ThisNode) != 0
            ? AllocPagesNode(gfp, order, _node, AllNodes)
            : AllocPagesPolicy(gfp, order, _taskPolicy, MemPolicy.NoInterleaveIndex);
    }

    /// <summary>Takes a block, preferably of a node (__alloc_pages).</summary>
    /// <param name="gfp">What is wanted.</param>
    /// <param name="order">0 to 10.</param>
    /// <param name="node">The node whose zonelist is followed.</param>
    /// <param name="nodeMask">Nodes that may serve it, a bit each.</param>
    /// <returns>The first frame's number; 0 when there is none.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The order is not 0 to 10.</exception>
    public uint AllocPagesNode(Gfp gfp, int order, int node, ulong nodeMask)
    {
        if ((uint)order > PageOrder.Max)
            throw new ArgumentOutOfRangeException(nameof(order), order, "orders are 0 to 10");
        AllocContext context = Prepare(gfp, node, nodeMask, _memsAllowed);
        if (context.PreferredZone < 0 && (gfp & Gfp.HardWall) == 0)
            context = Prepare(gfp, node, nodeMask, AllNodes);
        uint pfn = 0;
        if (context.PreferredZone >= 0)
        {
            AllocFlags flags = AllocFlags.WmarkLow | FragmentFlags(context.PreferredZone, gfp);
            pfn = GetPageFromFreelist(gfp, order, flags, context);
            if (pfn == 0)
                pfn = AllocPagesSlowpath(gfp, order, context);
        }

        Tracepoints?.MmPageAlloc(pfn, order, gfp, context.Type);
        return pfn;
    }

    /// <summary>prepare_alloc_pages.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private AllocContext Prepare(Gfp gfp, int node, ulong policyNodes, ulong memsAllowed)
    {
        ZoneType highest = GfpNames.Zone(gfp);
        if ((gfp & Gfp.ThisNode) != 0)
            policyNodes &= 1UL << node;
        ulong nodeMask = policyNodes & memsAllowed;
        int preferred = nodeMask == AllNodes ? _zones.PreferredZone(node, highest) : FirstZone(node, nodeMask, highest);
        return new AllocContext(node, nodeMask, policyNodes, highest, GfpNames.Type(gfp), preferred);
    }

    private int FirstZone(int node, ulong nodeMask, ZoneType highest)
    {
        foreach (ushort zone in _zones.Zonelist(node))
        {
            if (Allows(_zones[zone], nodeMask, highest))
                return zone;
        }

        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Allows(in Zone zone, ulong nodeMask, ZoneType highest) =>
        zone.Type <= highest && (nodeMask & (1UL << zone.Node)) != 0;

    /// <summary>alloc_flags_nofragment: with a ZONE_DMA32 below ZONE_NORMAL, that one is tried before types are mixed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private AllocFlags FragmentFlags(int preferred, Gfp gfp)
    {
        var flags = (AllocFlags)(uint)(gfp & Gfp.KswapdReclaim);
        if (_zones[preferred].Type != ZoneType.Normal)
            return flags;
        if (_zones.NodeCount > 1 && !_zones[preferred - 1].IsPopulated)
            return flags;
        return flags | AllocFlags.NoFragment;
    }

    /// <summary>get_page_from_freelist: the first zone that stays above its mark; 0: none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint GetPageFromFreelist(Gfp gfp, int order, AllocFlags flags, in AllocContext context)
    {
        ref Zone zone = ref _zones[context.PreferredZone];
        if (PassesWatermark(ref zone, order, flags, context.Highest))
        {
            uint pfn = RmqueueZone(context.PreferredZone, ref zone, gfp, order, flags, context);
            if (pfn != 0)
                return pfn;
        }

        return WalkZonelist(gfp, order, flags, context);
    }

    /// <summary>The other zones; the preferred one is tried again only when types may now be mixed.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint WalkZonelist(Gfp gfp, int order, AllocFlags flags, in AllocContext context)
    {
        bool skipPreferred = true;
        while (true)
        {
            bool remote = false;
            foreach (ushort index in _zones.Zonelist(context.Node))
            {
                ref Zone zone = ref _zones[index];
                if (!Allows(zone, context.NodeMask, context.Highest) || (skipPreferred && index == context.PreferredZone))
                    continue;
                // Mixing types at home is better than leaving the node.
                if ((flags & AllocFlags.NoFragment) != 0 && zone.Node != _zones[context.PreferredZone].Node)
                {
                    remote = true;
                    break;
                }

                if (!PassesWatermark(ref zone, order, flags, context.Highest))
                    continue;
                uint pfn = RmqueueZone(index, ref zone, gfp, order, flags, context);
                if (pfn != 0)
                    return pfn;
            }

            if (!remote && (flags & AllocFlags.NoFragment) == 0)
                return 0;
            flags &= ~AllocFlags.NoFragment;
            skipPreferred = false;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool PassesWatermark(ref Zone zone, int order, AllocFlags flags, ZoneType highest)
    {
        if (_autoTuned && (zone.Flags & ZoneFlags.BelowHigh) == 0)
        {
            if (ZoneWatermarkFast(zone, order, zone.MarkPages(Watermark.High), highest, flags))
                return true;
            zone.Flags |= ZoneFlags.BelowHigh;
        }

        if ((flags & AllocFlags.NoWatermarks) != 0)
            return true;
        return ZoneWatermarkFast(zone, order, zone.MarkPages((Watermark)(flags & AllocFlags.WmarkMask)), highest, flags);
    }

    /// <summary>rmqueue and prep_new_page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint RmqueueZone(int index, ref Zone zone, Gfp gfp, int order, AllocFlags flags, in AllocContext context)
    {
        uint pfn = PcpAllowed(order) ? RmqueuePcplist(index, ref zone, order, context.Type, flags) : 0;
        if (pfn == 0)
            pfn = RmqueueBuddy(ref zone, order, context.Type, flags);
        if (pfn == 0)
            return 0;
        Count(ref zone, order, context.PreferredZone);
        if (zone.Flags != ZoneFlags.None)
            WakeForBoost(index, ref zone, flags);
        PrepareNewPage(pfn, order, gfp);
        if ((flags & (_explicitReserves ? AllocFlags.HighAtomic : AllocFlags.Harder)) != 0 && order > 0)
            ReserveHighatomicPageblock(ref zone, pfn, order);
        return pfn;
    }

    /// <summary>rmqueue_buddy: straight off the free areas.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint RmqueueBuddy(ref Zone zone, int order, MigrateType type, AllocFlags flags)
    {
        AllocFlags highAtomic = _explicitReserves ? AllocFlags.HighAtomic : AllocFlags.Harder;
        uint pfn = order > 0 && (flags & highAtomic) != 0 ? RmqueueSmallest(ref zone, order, MigrateType.HighAtomic) : 0;
        if (pfn != 0)
            return pfn;
        var mode = RmqueueMode.Normal;
        pfn = Rmqueue(ref zone, order, type, flags, ref mode);
        if (pfn == 0 && _explicitReserves && (flags & (AllocFlags.Oom | AllocFlags.Harder)) != 0)
            pfn = RmqueueSmallest(ref zone, order, MigrateType.HighAtomic);
        return pfn;
    }

    /// <summary>PGALLOC and zone_statistics.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Count(ref Zone zone, int order, int preferredZone)
    {
        long pages = 1L << order;
        zone.PgAlloc += pages;
        _stat.PgAlloc += pages;
        ref Zone preferred = ref _zones[preferredZone];
        if (zone.Node == preferred.Node)
        {
            zone.NumaHit++;
        }
        else
        {
            zone.NumaMiss++;
            preferred.NumaForeign++;
        }

        if (zone.Node == _node)
            zone.NumaLocal++;
        else
            zone.NumaOther++;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WakeForBoost(int index, ref Zone zone, AllocFlags flags)
    {
        if ((flags & AllocFlags.Kswapd) == 0 || (zone.Flags & ZoneFlags.BoostedWatermark) == 0)
            return;
        zone.Flags &= ~ZoneFlags.BoostedWatermark;
        Pressure?.WakeKswapd(index, Gfp.None, 0, zone.Type);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PrepareNewPage(uint pfn, int order, Gfp gfp)
    {
        ref PageFrame frame = ref _memMap[pfn];
        frame.Flags |= PageFlags.Allocated;
        frame.RefCount = 1;
        frame.Index = 0;
        frame.Next = 0;
        frame.Prev = 0;
        if ((gfp & Gfp.Zero) != 0)
            _memMap.Clear(pfn);
        if (order > 0)
            PrepareRest(pfn, order, gfp);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PrepareRest(uint pfn, int order, Gfp gfp)
    {
        for (uint i = pfn + 1; i < pfn + (1u << order); i++)
        {
            _memMap[i].Flags |= PageFlags.Allocated;
            if ((gfp & Gfp.Zero) != 0)
                _memMap.Clear(i);
        }
    }
}
