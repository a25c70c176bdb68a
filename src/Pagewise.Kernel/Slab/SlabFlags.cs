namespace Pagewise.Kernel.Slab;

/// <summary>Flags of a cache (SLAB_* of include/linux/slab.h), with our own bit numbers.</summary>
[Flags]
public enum SlabFlags
{
    /// <summary>Words are enough alignment, nothing is accounted.</summary>
    None = 0,

    /// <summary>Objects begin at cache lines, or at the part of one that small objects fill evenly (SLAB_HWCACHE_ALIGN).</summary>
    HwCacheAlign = 1 << 0,

    /// <summary>Objects are charged to the memory cgroup (SLAB_ACCOUNT).</summary>
    Account = 1 << 1,

    /// <summary>A shrinker can free objects: their pages are reclaimable ones (SLAB_RECLAIM_ACCOUNT).</summary>
    ReclaimAccount = 1 << 2,

    /// <summary>Pages come from ZONE_DMA (SLAB_CACHE_DMA).</summary>
    CacheDma = 1 << 3,

    /// <summary>
    /// Never shared with another cache (slab_unmergeable): it has a constructor, a part that user copies may touch
    /// (usersize), or SLAB_TYPESAFE_BY_RCU.
    /// </summary>
    NoMerge = 1 << 4,

    /// <summary>In what two caches that share slabs must be alike (SLAB_MERGE_SAME).</summary>
    MergeSame = Account | ReclaimAccount | CacheDma,
}
