namespace Pagewise.Kernel.PageAllocator;

/// <summary>What compaction came to: <c>enum compact_result</c>, in its order: of several zones the highest counts.</summary>
public enum CompactResult
{
    /// <summary>No zone could serve the allocation.</summary>
    NotSuitable,

    /// <summary>Too few free pages to move pages to: reclaim first.</summary>
    Skipped,

    /// <summary>It failed lately and is not tried for a while.</summary>
    Deferred,

    /// <summary>It is under way.</summary>
    Continue,

    /// <summary>The zone was scanned and no block came of it.</summary>
    Complete,

    /// <summary>Part of the zone was scanned and no block came of it.</summary>
    PartialSkipped,

    /// <summary>A block of the order is free.</summary>
    Success,
}
