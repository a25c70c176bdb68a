namespace Pagewise.Procfs.Oom;

/// <summary>A counter of the cgroup that was at its limit (mem_cgroup_print_oom_meminfo, mm/memcontrol.c).</summary>
/// <param name="Name">memory, swap (cgroup v2); memory+swap, kmem (v1).</param>
/// <param name="UsageKib">Used.</param>
/// <param name="LimitKib">The limit; <see cref="Unlimited"/> and above: none.</param>
/// <param name="Failcnt">How often the limit was met.</param>
public sealed record OomLimit(string Name, long UsageKib, long LimitKib, long Failcnt)
{
    /// <summary>PAGE_COUNTER_MAX in KiB: no limit.</summary>
    public const long Unlimited = 9007199254740988;

    /// <summary>The line.</summary>
    public override string ToString() => $"{Name}: usage {UsageKib}kB, limit {LimitKib}kB, failcnt {Failcnt}";
}
