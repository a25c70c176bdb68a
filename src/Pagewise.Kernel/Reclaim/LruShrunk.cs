namespace Pagewise.Kernel.Reclaim;

/// <summary>The fields of <c>mm_vmscan_lru_shrink_inactive</c>; counts are pages.</summary>
/// <param name="Node">The list's node.</param>
/// <param name="IsKswapd">Whether kswapd did it.</param>
/// <param name="Scanned">nr_scanned.</param>
/// <param name="Reclaimed">nr_reclaimed.</param>
/// <param name="Dirty">nr_dirty.</param>
/// <param name="Writeback">nr_writeback.</param>
/// <param name="Congested">nr_congested.</param>
/// <param name="Immediate">nr_immediate.</param>
/// <param name="ActivateAnon">nr_activate_anon.</param>
/// <param name="ActivateFile">nr_activate_file.</param>
/// <param name="RefKeep">nr_ref_keep: kept for they were used once.</param>
/// <param name="UnmapFail">nr_unmap_fail: still mapped after all.</param>
/// <param name="Priority">How hard reclaim tried, 12 to 0.</param>
/// <param name="IsFile">Whether the list is of files.</param>
public readonly record struct LruShrunk(
    int Node, bool IsKswapd, long Scanned, long Reclaimed, long Dirty, long Writeback, long Congested, long Immediate, long ActivateAnon, long ActivateFile, long RefKeep,
    long UnmapFail, int Priority, bool IsFile);
