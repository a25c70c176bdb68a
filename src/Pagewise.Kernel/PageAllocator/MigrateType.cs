namespace Pagewise.Kernel.PageAllocator;

/// <summary>
/// What a free page is meant for: <c>enum migratetype</c> (include/linux/mmzone.h) of a kernel without CONFIG_CMA.
/// Pages of a kind are kept together in pageblocks of 2 MiB so that whole blocks can become free again.
/// </summary>
public enum MigrateType : byte
{
    /// <summary><c>MIGRATE_UNMOVABLE</c>: most kernel pages.</summary>
    Unmovable,

    /// <summary><c>MIGRATE_MOVABLE</c>: pages of programs and files.</summary>
    Movable,

    /// <summary><c>MIGRATE_RECLAIMABLE</c>: kernel caches that can be shrunk, such as dentries.</summary>
    Reclaimable,

    /// <summary><c>MIGRATE_HIGHATOMIC</c>: kept for high-order allocations that cannot wait.</summary>
    HighAtomic,

    /// <summary><c>MIGRATE_ISOLATE</c>: not to be allocated.</summary>
    Isolate,
}
