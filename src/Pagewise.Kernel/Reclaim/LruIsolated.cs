using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Reclaim;

/// <summary>The fields of <c>mm_vmscan_lru_isolate</c>; counts are pages.</summary>
/// <param name="Node">The list's node.</param>
/// <param name="IsKswapd">Whether kswapd took them.</param>
/// <param name="OnlyUnmapped">Whether mapped pages are left (ISOLATE_UNMAPPED).</param>
/// <param name="Highest">The highest zone that helps (classzone).</param>
/// <param name="Order">The block wanted.</param>
/// <param name="Requested">nr_requested.</param>
/// <param name="Scanned">nr_scanned, those of other zones included.</param>
/// <param name="Skipped">nr_skipped: those of other zones.</param>
/// <param name="Taken">nr_taken.</param>
/// <param name="List">The list.</param>
public readonly record struct LruIsolated(
    int Node, bool IsKswapd, bool OnlyUnmapped, ZoneType Highest, int Order, long Requested, long Scanned, long Skipped, long Taken, LruList List);
