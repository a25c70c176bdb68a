namespace Pagewise.Kernel.Slab;

/// <summary>What became of an item that a walk over a <see cref="ListLru"/> met (enum lru_status).</summary>
public enum LruStatus
{
    /// <summary>It was taken off the list (LRU_REMOVED).</summary>
    Removed,

    /// <summary>It was taken off, and others may have been with it: the walk begins anew (LRU_REMOVED_RETRY).</summary>
    RemovedRetry,

    /// <summary>It stays, and others may have gone: the walk begins anew (LRU_RETRY).</summary>
    Retry,

    /// <summary>It was used lately: to the new end (LRU_ROTATE).</summary>
    Rotate,

    /// <summary>It cannot go now (LRU_SKIP).</summary>
    Skip,
}
