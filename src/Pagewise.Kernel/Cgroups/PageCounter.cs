namespace Pagewise.Kernel.Cgroups;

/// <summary>
/// What a cgroup and everything below it uses of one kind of memory, in pages, with its limits (struct page_counter,
/// mm/page_counter.c, 6.1).
/// </summary>
public struct PageCounter
{
    /// <summary>"max": no limit (PAGE_COUNTER_MAX).</summary>
    public const long Max = long.MaxValue / 4096;

    /// <summary>Pages charged, those that CPUs hold in stock included.</summary>
    public long Usage;

    /// <summary>The highest <see cref="Usage"/> of a charge that succeeded (watermark; memory.peak).</summary>
    public long Watermark;

    /// <summary>Charges refused here (failcnt).</summary>
    public long FailCount;

    /// <summary>The limit (memory.max, memory.swap.max).</summary>
    public long Limit;

    /// <summary>Above it the cgroup is reclaimed and its tasks are slowed down (memory.high).</summary>
    public long High;

    /// <summary>Protected absolutely, as configured (memory.min).</summary>
    public long Min;

    /// <summary>Protected while others have something to give, as configured (memory.low).</summary>
    public long Low;

    /// <summary>What of <see cref="Min"/> the ancestors grant (emin).</summary>
    public long EffectiveMin;

    /// <summary>What of <see cref="Low"/> the ancestors grant (elow).</summary>
    public long EffectiveLow;

    /// <summary>What the children use of their own <see cref="Min"/> (children_min_usage).</summary>
    public long ChildrenMinUsage;

    /// <summary>What the children use of their own <see cref="Low"/> (children_low_usage).</summary>
    public long ChildrenLowUsage;

    /// <summary>The part of it that the parent's <see cref="ChildrenMinUsage"/> has (min_usage).</summary>
    public long MinUsage;

    /// <summary>The part of it that the parent's <see cref="ChildrenLowUsage"/> has (low_usage).</summary>
    public long LowUsage;
}
