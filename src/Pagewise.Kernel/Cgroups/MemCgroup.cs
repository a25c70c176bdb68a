using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.Cgroups;

/// <summary>
/// A memory cgroup: Linux's struct mem_cgroup with the parts of struct cgroup that memory control needs. All counts are
/// those of the cgroup and everything below it.
/// </summary>
public struct MemCgroup
{
    /// <summary>Counters of <see cref="MemcgStat"/>.</summary>
    public const int StatCount = (int)MemcgStat.ThpCollapseAlloc + 1;

    /// <summary>Counters of <see cref="MemcgEvent"/>.</summary>
    public const int EventCount = (int)MemcgEvent.SwapFail + 1;

    /// <summary>The cgroup above; 0: this is the root, or none.</summary>
    public int Parent;

    /// <summary>The oldest child.</summary>
    public int FirstChild;

    /// <summary>The youngest child.</summary>
    public int LastChild;

    /// <summary>The next younger child of the parent.</summary>
    public int NextSibling;

    /// <summary>The next older child of the parent.</summary>
    public int PreviousSibling;

    /// <summary>Whether its directory is there (mem_cgroup_online); if not, it lives on while something is charged to it.</summary>
    public bool IsOnline;

    /// <summary>Living tasks in it, those of its children not counted.</summary>
    public int Tasks;

    /// <summary>What keeps it: charged pages and slots, objects, children.</summary>
    public long References;

    /// <summary>Memory (memory.*).</summary>
    public PageCounter Memory;

    /// <summary>Swap (memory.swap.*).</summary>
    public PageCounter Swap;

    /// <summary>What zswap may keep of it, pages (memory.zswap.max).</summary>
    public long ZswapMax;

    /// <summary>Whether its pages may be written to swap when zswap does not keep them (memory.zswap.writeback; 6.8).</summary>
    public bool ZswapWriteback;

    /// <summary>Nodes that its tasks may use, as configured, a bit each; 0: those of the cgroup above (cpuset.mems).</summary>
    public ulong CpusetMems;

    /// <summary>Nodes that its tasks may use, a bit each; 0: not worked out, all (cpuset.mems.effective).</summary>
    public ulong EffectiveMems;

    /// <summary>Whether an OOM kill takes all of its tasks (memory.oom.group).</summary>
    public bool OomGroup;

    /// <summary>Bytes of pages that are charged for kernel objects and hold none (nr_charged_bytes).</summary>
    public int ObjectBytes;

    /// <summary>Counters of memory.stat.</summary>
    public StatArray Stats;

    /// <summary>Counters of memory.events.</summary>
    public EventArray Events;

    /// <summary>Counters of memory.events.local.</summary>
    public EventArray LocalEvents;

    /// <summary>A number for each <see cref="MemcgStat"/>.</summary>
    [InlineArray(StatCount)]
    public struct StatArray
    {
        private long _first;
    }

    /// <summary>A number for each <see cref="MemcgEvent"/>.</summary>
    [InlineArray(EventCount)]
    public struct EventArray
    {
        private long _first;
    }
}
