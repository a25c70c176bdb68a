namespace Pagewise.Kernel.Cgroups;

/// <summary>
/// A control group of the unified hierarchy (cgroup v2) as a machine begins with it: its memory controls under their
/// own names. Amounts are bytes; <see cref="Max"/> is no limit.
/// </summary>
/// <param name="Path">Its path from the root, such as <c>/web</c>; parents that are not named have no limits of their own.</param>
public sealed record CgroupSpec(string Path)
{
    /// <summary>What "max" in a control means.</summary>
    public const ulong Max = ulong.MaxValue;

    /// <summary>memory.max: usage never grows beyond; the OOM killer comes.</summary>
    public ulong MemoryMax { get; init; } = Max;

    /// <summary>memory.high: above it tasks reclaim and are slowed down.</summary>
    public ulong MemoryHigh { get; init; } = Max;

    /// <summary>memory.low: below it nothing is reclaimed while others have something.</summary>
    public ulong MemoryLow { get; init; }

    /// <summary>memory.min: below it nothing is reclaimed at all.</summary>
    public ulong MemoryMin { get; init; }

    /// <summary>memory.swap.max: swap that it may use.</summary>
    public ulong MemorySwapMax { get; init; } = Max;

    /// <summary>memory.swap.high: above it tasks are slowed down when they charge memory.</summary>
    public ulong MemorySwapHigh { get; init; } = Max;

    /// <summary>memory.zswap.max: what zswap may keep of it, compressed; 0 is nothing.</summary>
    public ulong MemoryZswapMax { get; init; } = Max;

    /// <summary>memory.zswap.writeback (6.8): whether pages that zswap does not keep may go to swap; ignored by earlier kernels, which have no such file.</summary>
    public bool MemoryZswapWriteback { get; init; } = true;

    /// <summary>cpuset.mems: the nodes that its tasks may take memory from, a bit each; 0: those of the cgroup above.</summary>
    public ulong CpusetMems { get; init; }

    /// <summary>memory.oom.group: whether an OOM kill takes all of its tasks.</summary>
    public bool MemoryOomGroup { get; init; }
}
