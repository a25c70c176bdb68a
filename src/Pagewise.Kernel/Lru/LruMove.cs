namespace Pagewise.Kernel.Lru;

/// <summary>What a per-CPU batch does with its frames (cpu_fbatches and lru_rotate, mm/swap.c), in the order in which a drain empties them.</summary>
public enum LruMove
{
    /// <summary>lru_add: onto a list for the first time.</summary>
    Add = 0,

    /// <summary>lru_rotate: to the old end, for it was written and can be freed.</summary>
    Rotate = 1,

    /// <summary>lru_deactivate_file: to the inactive list, the old end when clean; invalidation could not drop it.</summary>
    DeactivateFile = 2,

    /// <summary>lru_deactivate: from the active to the inactive list (MADV_COLD).</summary>
    Deactivate = 3,

    /// <summary>lru_lazyfree: to the inactive file list (MADV_FREE).</summary>
    LazyFree = 4,

    /// <summary>activate: to the active list.</summary>
    Activate = 5,
}
