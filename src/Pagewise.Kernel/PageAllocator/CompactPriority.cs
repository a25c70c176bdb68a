namespace Pagewise.Kernel.PageAllocator;

/// <summary>How much compaction may cost: <c>enum compact_priority</c>. Lower numbers try harder.</summary>
public enum CompactPriority
{
    /// <summary><c>COMPACT_PRIO_SYNC_FULL</c>: every pageblock, whatever its type.</summary>
    SyncFull,

    /// <summary><c>COMPACT_PRIO_SYNC_LIGHT</c>.</summary>
    SyncLight,

    /// <summary><c>COMPACT_PRIO_ASYNC</c>: only pageblocks of the wanted type.</summary>
    Async,
}
