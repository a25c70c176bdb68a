namespace Pagewise.Malloc;

/// <summary>
/// The <c>glibc.malloc.*</c> tunables that were set; null means not set. Values are as glibc stored them, within the
/// limits its tunables framework checks (elf/dl-tunables.list); malloc itself refuses some more.
/// </summary>
public sealed partial record MallocTunables
{
    /// <summary>Nothing set.</summary>
    public static MallocTunables Default { get; } = new();

    /// <summary><c>glibc.malloc.top_pad</c>, in bytes.</summary>
    public ulong? TopPad { get; init; }

    /// <summary><c>glibc.malloc.perturb</c>, 0 to 255.</summary>
    public int? Perturb { get; init; }

    /// <summary><c>glibc.malloc.mmap_max</c>, at least 0.</summary>
    public int? MmapMax { get; init; }

    /// <summary><c>glibc.malloc.mmap_threshold</c>, in bytes.</summary>
    public ulong? MmapThreshold { get; init; }

    /// <summary><c>glibc.malloc.trim_threshold</c>, in bytes.</summary>
    public ulong? TrimThreshold { get; init; }

    /// <summary><c>glibc.malloc.arena_max</c>, at least 1.</summary>
    public ulong? ArenaMax { get; init; }

    /// <summary><c>glibc.malloc.arena_test</c>, at least 1.</summary>
    public ulong? ArenaTest { get; init; }

    /// <summary><c>glibc.malloc.tcache_max</c>: the largest request cached, in bytes.</summary>
    public ulong? TcacheMax { get; init; }

    /// <summary><c>glibc.malloc.tcache_count</c>: chunks a tcache bin holds.</summary>
    public ulong? TcacheCount { get; init; }

    /// <summary><c>glibc.malloc.tcache_unsorted_limit</c>, in chunks.</summary>
    public ulong? TcacheUnsortedLimit { get; init; }

    /// <summary><c>glibc.malloc.mxfast</c>: the largest request that fast bins serve, in bytes.</summary>
    public ulong? Mxfast { get; init; }

    /// <summary><c>glibc.malloc.hugetlb</c>: 0 off, 1 transparent, 2 the default hugetlb size, else that size in bytes.</summary>
    public ulong? Hugetlb { get; init; }
}
