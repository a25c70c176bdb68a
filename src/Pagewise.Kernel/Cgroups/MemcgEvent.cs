namespace Pagewise.Kernel.Cgroups;

/// <summary>What memory.events and memory.swap.events count (enum memcg_memory_event).</summary>
public enum MemcgEvent
{
    /// <summary>Reclaim passes that broke memory.low (low).</summary>
    Low,

    /// <summary>Charges above memory.high that were reclaimed for (high).</summary>
    High,

    /// <summary>Charges that memory.max refused (max).</summary>
    Max,

    /// <summary>Times that reclaim found nothing more (oom).</summary>
    Oom,

    /// <summary>Tasks that the OOM killer ended (oom_kill).</summary>
    OomKill,

    /// <summary>OOM kills of a whole cgroup (oom_group_kill).</summary>
    OomGroupKill,

    /// <summary>Swap above memory.swap.high; that control is not modelled, so 0.</summary>
    SwapHigh,

    /// <summary>Slots that memory.swap.max refused (memory.swap.events: max).</summary>
    SwapMax,

    /// <summary>Slots refused, for swap was full or limited (memory.swap.events: fail).</summary>
    SwapFail,
}
