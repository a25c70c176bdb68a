namespace Pagewise.Kernel.PageAllocator;

/// <summary>
/// What the slow path of an allocation calls to get memory: the one place where a lower floor calls a higher one.
/// Implemented by reclaim and the OOM killer, and wired by the machine. Without one, an allocation fails when the free
/// pages are used up.
/// </summary>
public interface IMemoryPressure
{
    /// <summary>Asks a node's kswapd to work (wakeup_kswapd); called for the first zone of each node that may serve the allocation. Whether there is anything to do is kswapd's own affair.</summary>
    /// <param name="zone">The zone, an index into <see cref="ZoneTable"/>.</param>
    /// <param name="gfp">The allocation's flags; none when stealing boosted the zone.</param>
    /// <param name="order">The block wanted.</param>
    /// <param name="highest">The highest zone that would help.</param>
    void WakeKswapd(int zone, Gfp gfp, int order, ZoneType highest);

    /// <summary>Reclaims on behalf of the allocating task (__perform_reclaim, try_to_free_pages).</summary>
    /// <param name="context">Where pages would help.</param>
    /// <param name="gfp">The allocation's flags.</param>
    /// <param name="order">The block wanted.</param>
    /// <returns>Pages reclaimed; 0: no progress.</returns>
    long DirectReclaim(in AllocContext context, Gfp gfp, int order);

    /// <summary>Pages of a zone that reclaim could take (zone_reclaimable_pages).</summary>
    /// <param name="zone">The zone, an index into <see cref="ZoneTable"/>.</param>
    long ReclaimablePages(int zone);

    /// <summary>Kills a task (out_of_memory).</summary>
    /// <param name="context">Where pages would help.</param>
    /// <param name="gfp">The allocation's flags.</param>
    /// <param name="order">The block wanted.</param>
    /// <returns>Whether a task was killed or is dying, so that trying again makes sense.</returns>
    bool OutOfMemory(in AllocContext context, Gfp gfp, int order);
}
