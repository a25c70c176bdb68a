namespace Pagewise.Kernel.Reclaim;

/// <summary>The fields of <c>mm_vmscan_lru_shrink_active</c>; counts are pages.</summary>
/// <param name="Node">The list's node.</param>
/// <param name="IsKswapd">Whether kswapd did it.</param>
/// <param name="Taken">nr_taken.</param>
/// <param name="Active">nr_active: back to the active list.</param>
/// <param name="Deactivated">nr_deactivated.</param>
/// <param name="Referenced">nr_referenced: kept active for they are programs in use.</param>
/// <param name="Priority">How hard reclaim tried, 12 to 0.</param>
/// <param name="IsFile">Whether the list is of files.</param>
public readonly record struct LruAged(int Node, bool IsKswapd, long Taken, long Active, long Deactivated, long Referenced, int Priority, bool IsFile);
