using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Reclaim;

/// <summary>The fields of <c>mm_shrink_slab_start</c>; counts are objects.</summary>
/// <param name="Shrinker">The function that scans, by its name in Linux (shrink).</param>
/// <param name="Number">The shrinker's place in the list of all, from 1: the trace file has an address for it (shr).</param>
/// <param name="Node">nid.</param>
/// <param name="IsKswapd">Whether kswapd reclaims.</param>
/// <param name="Deferred">nr_objects_to_shrink: what earlier calls left.</param>
/// <param name="Gfp">gfp_flags.</param>
/// <param name="Freeable">cache_items.</param>
/// <param name="Delta">delta: what this call adds.</param>
/// <param name="TotalScan">total_scan.</param>
/// <param name="Priority">How hard reclaim tries, 12 to 0.</param>
public readonly record struct SlabShrinkStart(
    string Shrinker, int Number, int Node, bool IsKswapd, long Deferred, Gfp Gfp, long Freeable, long Delta, long TotalScan, int Priority);
