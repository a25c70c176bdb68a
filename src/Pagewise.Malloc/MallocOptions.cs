namespace Pagewise.Malloc;

/// <summary>What the process and the machine bring to malloc: fixed before the first call.</summary>
public sealed record MallocOptions
{
    /// <summary>Where <c>main_arena</c> lies. It is in libc's data, so an address outside break and mmap areas.</summary>
    public ulong MainArenaAddress { get; init; } = 0x7ffff7fa8c60;

    /// <summary>The page size (<c>GLRO(dl_pagesize)</c>), in bytes.</summary>
    public ulong PageSizeBytes { get; init; } = 4096;

    /// <summary>CPUs that are online.</summary>
    public int Cpus { get; init; } = 2;

    /// <summary>CPUs that the process may run on, where that is fewer; 2.35 to 2.38 count these for the arena limit.</summary>
    public int? AffinityCpus { get; init; }

    /// <summary>
    /// <c>tcache_key</c>, which marks chunks that lie in a tcache. glibc draws it with getrandom; a model keeps one.
    /// </summary>
    public ulong TcacheKey { get; init; } = 0x9e3779b97f4a7c15;

    /// <summary>The tunables in force.</summary>
    public MallocTunables Tunables { get; init; } = MallocTunables.Default;

    /// <summary>
    /// Whether heaps are shrunk by mapping them away instead of by MADV_DONTNEED: glibc does so in set-user-ID programs
    /// and where vm.overcommit_memory is 2 (<c>check_may_shrink_heap</c>).
    /// </summary>
    public bool MayShrinkHeap { get; init; }

    /// <summary>The kernel's transparent huge page size when its mode is "madvise", in bytes; 0 when it is not.</summary>
    public ulong ThpSizeBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>The kernel's default hugetlb page size in bytes (<c>Hugepagesize</c> of /proc/meminfo); 0 without hugetlb.</summary>
    public ulong HugetlbSizeBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>
    /// The break that libc already knows when malloc is first called; 0 when it will ask the kernel (brk(0)) first.
    /// </summary>
    public ulong KnownBreak { get; init; }
}
