using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.PageAllocator;

/// <content>Whether a zone may give (zone_watermark_fast, __zone_watermark_ok).</content>
public sealed partial class BuddyAllocator
{
    /// <summary>
    /// Whether a zone with this many free pages would stay above a mark and have a block of the order
    /// (__zone_watermark_ok).
    /// </summary>
    /// <param name="zone">The zone.</param>
    /// <param name="order">The block wanted.</param>
    /// <param name="mark">The mark, pages.</param>
    /// <param name="highest">The highest zone that the allocation could use: lower zones keep a reserve from it.</param>
    /// <param name="flags">Reserves that are open to it.</param>
    /// <param name="freePages">Free pages to assume.</param>
    public bool ZoneWatermarkOk(in Zone zone, int order, long mark, ZoneType highest, AllocFlags flags, long freePages)
    {
        const AllocFlags Harder = AllocFlags.Harder | AllocFlags.Oom;
        freePages -= UnusableFree(zone, order, flags);
        long min = mark;
        if ((flags & AllocFlags.High) != 0)
        {
            min -= min / 2;
            if (_explicitReserves && (flags & AllocFlags.Harder) != 0)
                min -= min / 4;
        }

        if ((flags & AllocFlags.Oom) != 0)
            min -= min / 2;
        else if (!_explicitReserves && (flags & AllocFlags.Harder) != 0)
            min -= min / 4;
        if (freePages <= min + zone.LowmemReserve[(int)highest])
            return false;
        if (order == 0)
            return true;
        bool highAtomic = (flags & (_explicitReserves ? AllocFlags.HighAtomic | AllocFlags.Oom : Harder)) != 0;
        for (int larger = order; larger <= PageOrder.Max; larger++)
        {
            ref readonly FreeArea area = ref zone.FreeArea[larger];
            if (area.NrFree == 0)
                continue;
            for (int type = 0; type < MigrateTypes.PcpCount; type++)
            {
                if (area.Lists[type].First != 0)
                    return true;
            }

            if (highAtomic && area.Lists[(int)MigrateType.HighAtomic].First != 0)
                return true;
        }

        return false;
    }

    /// <summary>zone_watermark_fast: the common case, a single page, in one comparison.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool ZoneWatermarkFast(in Zone zone, int order, long mark, ZoneType highest, AllocFlags flags)
    {
        if (order == 0 && zone.FreePages - Math.Min(zone.FreePages, UnusableFree(zone, 0, flags)) > mark + zone.LowmemReserve[(int)highest])
            return true;
        return ZoneWatermarkSlow(zone, order, mark, highest, flags);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ZoneWatermarkSlow(in Zone zone, int order, long mark, ZoneType highest, AllocFlags flags)
    {
        if (ZoneWatermarkOk(zone, order, mark, highest, flags, zone.FreePages))
            return true;
        // An urgent single page need not respect the boost when it comes to the last pages.
        return order == 0 && (flags & AllocFlags.High) != 0 && zone.WatermarkBoost != 0 && (flags & AllocFlags.WmarkMask) == AllocFlags.WmarkMin
            && ZoneWatermarkOk(zone, 0, zone.Watermark[(int)Watermark.Min], highest, flags, zone.FreePages);
    }

    /// <summary>__zone_watermark_unusable_free: pages that are free but not for this allocation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long UnusableFree(in Zone zone, int order, AllocFlags flags)
    {
        long unusable = (1L << order) - 1;
        AllocFlags reserves = _explicitReserves ? AllocFlags.Harder | AllocFlags.High | AllocFlags.Oom | AllocFlags.HighAtomic : AllocFlags.Harder | AllocFlags.Oom;
        if ((flags & reserves) == 0)
            unusable += _claimsBlocks ? zone.NrFreeHighatomic : zone.NrReservedHighatomic;
        return unusable;
    }
}
