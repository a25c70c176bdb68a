namespace Pagewise.Malloc.Releases;

/// <summary>
/// What one glibc release's malloc does differently from another's, each fact named after its mechanism. The values
/// written here are those of 2.31; each later interface overrides what that release changed, and a release is a struct
/// of the interface it came with. All are constants to the compiler, which keeps only that release's code.
/// </summary>
public interface IGlibcRelease
{
    /// <summary>Whether links of tcache and fast bins are xored with their place, and checked for alignment (2.32, safe-linking).</summary>
    static virtual bool SafeLinking => false;

    /// <summary>Whether a walk of a tcache list for a double free ends after as many chunks as a list may hold (2.33).</summary>
    static virtual bool TcacheListIsBounded => false;

    /// <summary>Whether cached chunks are marked with a random word (2.34) instead of the tcache's address.</summary>
    static virtual bool TcacheKeyIsRandom => false;

    /// <summary>Whether <c>heap_info</c> records its page size, which lengthens it by 16 bytes on 64-bit (2.35).</summary>
    static virtual bool HeapInfoHasPageSize => false;

    /// <summary>Whether <c>M_MMAP_THRESHOLD</c> has no upper limit (2.35).</summary>
    static virtual bool MmapThresholdUnlimited => false;

    /// <summary>Whether <c>glibc.malloc.hugetlb</c> exists (2.35).</summary>
    static virtual bool HasHugetlb => false;

    /// <summary>
    /// Whether mapping a piece of main arena when the break cannot move exchanges its two size arguments (2.35 to 2.37):
    /// the size is rounded to whole MiB once, and never raised to 1 MiB.
    /// </summary>
    static virtual bool MmapFallbackArgumentsExchanged => false;

    /// <summary>Whether the arena limit counts the CPUs of the affinity mask (2.35 to 2.38) instead of those online.</summary>
    static virtual bool ArenaLimitByAffinity => false;

    /// <summary>Whether heaps are mapped with <c>MAP_NORESERVE</c> (before 2.37).</summary>
    static virtual bool HeapsAreNoReserve => true;

    /// <summary>How an assertion that fails in sysmalloc is worded: the part before the asserted expression.</summary>
    static virtual string SysmallocAssertion => "malloc.c:2379: sysmalloc: Assertion `";

    /// <summary>
    /// Whether <c>GLIBC_TUNABLES</c> is refused as a whole when a pair of it is malformed, and a value when anything but
    /// digits stands in it (2.39). Before, malformed pairs are passed over and what follows the digits is not read.
    /// </summary>
    static virtual bool TunablesAreChecked => false;

    /// <summary>When realloc returns the block as it is.</summary>
    static virtual ReallocInPlace ReallocInPlace => ReallocInPlace.Never;

    /// <summary>Whether memalign looks into the tcache first (2.38).</summary>
    static virtual bool MemalignUsesTcache => false;

    /// <summary>Whether memalign searches the bins for a chunk that holds an aligned one (2.38 as tagged only).</summary>
    static virtual bool MemalignSearchesBins => false;

    /// <summary>Whether aligned_alloc refuses alignments that are no powers of two (2.38).</summary>
    static virtual bool AlignedAllocChecks => false;

    /// <summary>Whether what memalign cuts off is merged into the bins at once, down to the smallest chunk (2.39).</summary>
    static virtual bool MemalignMergesRests => false;

    /// <summary>Whether calloc takes from the tcache (2.41).</summary>
    static virtual bool CallocUsesTcache => false;

    /// <summary>Whether a freed small chunk goes to its small bin instead of the unsorted bin (2.41).</summary>
    static virtual bool FreedSmallToSmallbins => false;

    /// <summary>The tcache's bins for chunks above 1040 bytes, each holding sizes up to twice its smallest (2.42).</summary>
    static virtual int TcacheLargeBins => 0;

    /// <summary>Whether tcache bins count the places that are left (2.42) instead of the chunks that are there.</summary>
    static virtual bool TcacheCountsPlaces => false;

    /// <summary>When a thread gets its tcache.</summary>
    static virtual TcacheBirth TcacheBirth => TcacheBirth.FirstCall;

    /// <summary>Whether chunks that realloc and sysmalloc give back bypass the tcache, and free checks in another order (2.42).</summary>
    static virtual bool RestsBypassTcache => false;

    /// <summary>Whether chunks of exactly the tcache's limit are cached; they are not in 2.42 as tagged.</summary>
    static virtual bool TcacheLimitIsInclusive => true;

    /// <summary>Whether the tcache's bins of large chunks give out chunks larger than asked for (2.42).</summary>
    static virtual bool LargeTcacheGivesLarger => false;

    /// <summary>Whether freed mapped chunks may enter the tcache (2.43).</summary>
    static virtual bool TcacheKeepsMmapped => false;

    /// <summary><c>TCACHE_FILL_COUNT</c>: chunks a tcache bin holds by default.</summary>
    static virtual ulong TcacheFillCount => 7;

    /// <summary>Whether there are fast bins (before 2.43).</summary>
    static virtual bool HasFastbins => true;

    /// <summary>Whether a mapped chunk leaves two words at its mapping's end, as if a chunk followed (2.43).</summary>
    static virtual bool MmappedChunkHasTail => false;

    /// <summary>Whether main arena's mapped replacement for the break is just as large as needed now, at least 1 MiB (2.43).</summary>
    static virtual bool MmapFallbackIsExact => false;
}
