namespace Pagewise.Kernel.Reclaim;

/// <summary>The fields of <c>mm_shrink_slab_end</c>; counts are objects.</summary>
/// <param name="Shrinker">The function that scans, by its name in Linux (shrink).</param>
/// <param name="Number">The shrinker's place in the list of all, from 1: the trace file has an address for it (shr).</param>
/// <param name="Node">nid.</param>
/// <param name="IsKswapd">Whether kswapd reclaims.</param>
/// <param name="Unused">unused_scan: what earlier calls had left.</param>
/// <param name="New">new_scan: what is left for later calls now.</param>
/// <param name="TotalScan">total_scan: what was to be looked at and was not.</param>
/// <param name="Freed">retval.</param>
public readonly record struct SlabShrinkEnd(string Shrinker, int Number, int Node, bool IsKswapd, long Unused, long New, long TotalScan, long Freed);
