namespace Pagewise.Kernel.PageAllocator;

/// <summary>What the allocator must know of the task that allocates.</summary>
[Flags]
public enum AllocTaskFlags
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary><c>PF_MEMALLOC</c>: it frees memory itself, so it may take the last pages and never reclaims for more.</summary>
    MemAlloc = 1,

    /// <summary>The OOM killer chose it (tsk_is_oom_victim): half of the reserve is open to it, so that it can die.</summary>
    OomVictim = 2,

    /// <summary>A realtime task (rt_task).</summary>
    RealTime = 4,
}
