namespace Pagewise.Malloc.Releases;

/// <summary>
/// What releases changed that moves blocks, system calls or resident pages: one policy each, which can be swapped alone.
/// </summary>
public enum ReleaseChange
{
    /// <summary>Heap_info is 16 bytes longer (2.35).</summary>
    HeapInfoPageSize,

    /// <summary>Mmap_threshold has no upper limit (2.35).</summary>
    MmapThresholdUnlimited,

    /// <summary>The tunable hugetlb (2.35).</summary>
    Hugetlb,

    /// <summary>Where the break is blocked, sizes are rounded otherwise (2.35, undone in 2.38).</summary>
    MmapFallbackArguments,

    /// <summary>The arena limit counts the CPUs of the affinity mask (2.35, undone in 2.39).</summary>
    ArenaLimitCounts,

    /// <summary>When realloc leaves a block as it is (2.37, 2.38, 2.43).</summary>
    ReallocInPlace,

    /// <summary>Memalign takes from the tcache (2.38).</summary>
    MemalignTcache,

    /// <summary>Memalign searches the bins (2.38, undone in 2.39).</summary>
    MemalignBinSearch,

    /// <summary>Aligned_alloc refuses alignments that are no powers of two (2.38).</summary>
    AlignedAllocChecks,

    /// <summary>What memalign cuts off is merged into the bins (2.39).</summary>
    MemalignRests,

    /// <summary>Malformed tunables are refused (2.39).</summary>
    TunablesChecked,

    /// <summary>Calloc takes from the tcache (2.41).</summary>
    CallocTcache,

    /// <summary>Freed small chunks go to their small bin, not to the unsorted bin (2.41).</summary>
    FreedSmallToSmallbins,

    /// <summary>The tcache has bins for large chunks, used where <c>tcache_max</c> is set; its struct is longer (2.42).</summary>
    LargeTcache,

    /// <summary>The tcache is made later (2.42, 2.43).</summary>
    TcacheBirth,

    /// <summary>What realloc cuts off or leaves goes to the bins, not to the tcache (2.42).</summary>
    RestsBypassTcache,

    /// <summary>Chunks of 1040 bytes are not cached (2.42 as tagged).</summary>
    TcacheLimit,

    /// <summary>Freed mapped blocks stay mapped in the tcache (2.43).</summary>
    MmappedInTcache,

    /// <summary>A tcache bin has 16 places, not 7 (2.43).</summary>
    TcachePlaces,

    /// <summary>There are no fast bins: a small chunk that is not cached is merged at once (2.43).</summary>
    Fastbins,

    /// <summary>Mapped chunks leave 16 bytes at their end (2.43).</summary>
    MmappedTail,

    /// <summary>Where the break is blocked, only what is needed is mapped (2.43).</summary>
    MmapFallbackIsExact,
}
