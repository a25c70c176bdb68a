namespace Pagewise.Malloc.Releases;

/// <summary>
/// What one glibc release's malloc does differently from another's, each fact named after its mechanism. A release is
/// a struct of constants, so the compiler keeps only that release's code.
/// </summary>
public interface IGlibcRelease
{
    /// <summary>The release as glibc's <c>gnu_get_libc_version</c> prints it, such as "2.36".</summary>
    static abstract string Version { get; }

    /// <summary>Whether <c>heap_info</c> records its page size (2.35 and later), which lengthens it.</summary>
    static abstract bool HeapInfoHasPageSize { get; }

    /// <summary>Whether heaps are mapped with <c>MAP_NORESERVE</c> (2.36 and earlier).</summary>
    static abstract bool HeapsAreNoReserve { get; }

    /// <summary><c>TCACHE_FILL_COUNT</c>: chunks a tcache bin holds by default.</summary>
    static abstract ulong TcacheFillCount { get; }

    /// <summary>
    /// Whether mapping a piece of main arena when the break cannot move exchanges the two size arguments (2.35 to
    /// 2.37): the size is rounded to whole MiB once, and never raised to 1 MiB.
    /// </summary>
    static abstract bool MmapFallbackArgumentsExchanged { get; }

    /// <summary>Whether <c>M_MMAP_THRESHOLD</c> has no upper limit (2.35 and later).</summary>
    static abstract bool MmapThresholdUnlimited { get; }

    /// <summary>Whether the arena limit counts the CPUs of the affinity mask (2.35 to 2.38) instead of those online.</summary>
    static abstract bool ArenaLimitByAffinity { get; }
}
