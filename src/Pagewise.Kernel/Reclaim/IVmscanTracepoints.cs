using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Reclaim;

/// <summary>
/// Who listens to reclaim: Linux's tracepoints of the vmscan group (include/trace/events/vmscan.h, 6.1), in the order in
/// which they fire. Without a listener they cost a null check. Where both kswapd and tasks fire one, it says which did.
/// </summary>
public interface IVmscanTracepoints
{
    /// <summary><c>mm_vmscan_kswapd_sleep</c>: a node's kswapd found it balanced and sleeps until it is woken.</summary>
    /// <param name="node">The node.</param>
    void MmVmscanKswapdSleep(int node);

    /// <summary><c>mm_vmscan_kswapd_wake</c>: a node's kswapd sets about balancing it.</summary>
    /// <param name="node">The node.</param>
    /// <param name="highest">The highest zone that helps.</param>
    /// <param name="order">The block wanted.</param>
    void MmVmscanKswapdWake(int node, ZoneType highest, int order);

    /// <summary><c>mm_vmscan_wakeup_kswapd</c>: an allocation wakes a node's kswapd.</summary>
    /// <param name="node">The node.</param>
    /// <param name="highest">The highest zone that helps.</param>
    /// <param name="order">The block wanted.</param>
    /// <param name="gfp">The allocation's flags.</param>
    void MmVmscanWakeupKswapd(int node, ZoneType highest, int order, Gfp gfp);

    /// <summary><c>mm_vmscan_direct_reclaim_begin</c> or, for a cgroup at its limit, <c>mm_vmscan_memcg_reclaim_begin</c>.</summary>
    /// <param name="order">The block wanted.</param>
    /// <param name="gfp">The allocation's flags.</param>
    /// <param name="isMemcg">Whether it is for a cgroup.</param>
    void MmVmscanReclaimBegin(int order, Gfp gfp, bool isMemcg);

    /// <summary><c>mm_vmscan_direct_reclaim_end</c> or <c>mm_vmscan_memcg_reclaim_end</c>.</summary>
    /// <param name="reclaimed">Pages reclaimed.</param>
    /// <param name="isMemcg">Whether it was for a cgroup.</param>
    void MmVmscanReclaimEnd(long reclaimed, bool isMemcg);

    /// <summary><c>mm_vmscan_lru_isolate</c>: pages were taken off the old end of a list.</summary>
    /// <param name="isolated">What was asked for and found.</param>
    void MmVmscanLruIsolate(in LruIsolated isolated);

    /// <summary><c>mm_vmscan_write_folio</c>: a page was handed to its device.</summary>
    /// <param name="node">Its node.</param>
    /// <param name="isKswapd">Whether kswapd did.</param>
    /// <param name="pfn">Its frame.</param>
    /// <param name="isFile">Whether it is of a file.</param>
    void MmVmscanWriteFolio(int node, bool isKswapd, uint pfn, bool isFile);

    /// <summary><c>mm_vmscan_lru_shrink_inactive</c>: what became of pages of an inactive list.</summary>
    /// <param name="shrunk">The figures.</param>
    void MmVmscanLruShrinkInactive(in LruShrunk shrunk);

    /// <summary><c>mm_vmscan_lru_shrink_active</c>: what became of pages of an active list.</summary>
    /// <param name="aged">The figures.</param>
    void MmVmscanLruShrinkActive(in LruAged aged);

    /// <summary><c>mm_shrink_slab_start</c>: a shrinker is asked to look at objects.</summary>
    /// <param name="start">The figures.</param>
    void MmShrinkSlabStart(in SlabShrinkStart start);

    /// <summary><c>mm_shrink_slab_end</c>: it has.</summary>
    /// <param name="end">The figures.</param>
    void MmShrinkSlabEnd(in SlabShrinkEnd end);
}
