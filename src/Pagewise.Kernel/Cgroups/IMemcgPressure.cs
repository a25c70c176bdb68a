using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Cgroups;

/// <summary>What a charge above a limit asks for. Implemented by reclaim and the OOM killer, and wired by the machine; without one such a charge fails.</summary>
internal interface IMemcgPressure
{
    /// <summary>Whether reclaim is under way, which never waits for reclaim (PF_MEMALLOC).</summary>
    bool IsReclaiming { get; }

    /// <summary>Whether the running task has a SIGKILL pending (task_is_dying).</summary>
    bool IsDying { get; }

    /// <summary>Reclaims in a cgroup and below it (try_to_free_mem_cgroup_pages).</summary>
    /// <param name="memcg">The cgroup.</param>
    /// <param name="pages">Pages wanted; at least 32 are asked for.</param>
    /// <param name="gfp">The allocation's flags.</param>
    /// <param name="maySwap">Whether anonymous pages may go.</param>
    /// <returns>Pages reclaimed.</returns>
    long Reclaim(int memcg, long pages, Gfp gfp, bool maySwap);

    /// <summary>Kills a task of a cgroup or below it (mem_cgroup_out_of_memory).</summary>
    /// <param name="memcg">The cgroup at its limit.</param>
    /// <param name="gfp">The allocation's flags.</param>
    /// <param name="order">The block wanted.</param>
    /// <returns>Whether a task was killed or is dying, so that trying again makes sense.</returns>
    bool OutOfMemory(int memcg, Gfp gfp, int order);

    /// <summary>Lets the running task sleep (schedule_timeout_killable).</summary>
    /// <param name="jiffies">Ticks of 4 ms.</param>
    void Sleep(long jiffies);
}
