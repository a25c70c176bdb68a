namespace Pagewise.Kernel.PageAllocator;

/// <summary>The fields of the tracepoint <c>reclaim_retry_zone</c>: whether an allocation may succeed in a zone once all that can be reclaimed is.</summary>
/// <param name="Node">The zone's node.</param>
/// <param name="Zone">The zone.</param>
/// <param name="Order">The block wanted.</param>
/// <param name="Reclaimable">Pages on its lists.</param>
/// <param name="Available">Those and its free ones.</param>
/// <param name="MinWmark">Its min mark, boost included.</param>
/// <param name="NoProgressLoops">Reclaims in a row that gave nothing.</param>
/// <param name="WmarkCheck">Whether it would be above the mark.</param>
public readonly record struct ReclaimRetryZone(int Node, ZoneType Zone, int Order, long Reclaimable, long Available, long MinWmark, int NoProgressLoops, bool WmarkCheck);
