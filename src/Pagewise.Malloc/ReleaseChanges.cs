using Pagewise.Malloc.Platforms;
using Pagewise.Malloc.Releases;

namespace Pagewise.Malloc;

/// <summary>The changes between two releases, and allocators that have all of them but one.</summary>
public static class ReleaseChanges
{
    /// <summary>A change in words, and the release that it came with.</summary>
    public static (string Text, string Since) Describe(ReleaseChange change) => change switch
    {
        ReleaseChange.HeapInfoPageSize => ("heap_info is 16 bytes longer", "2.35"),
        ReleaseChange.MmapThresholdUnlimited => ("mmap_threshold has no upper limit", "2.35"),
        ReleaseChange.Hugetlb => ("the tunable hugetlb", "2.35"),
        ReleaseChange.MmapFallbackArguments => ("where the break is blocked, sizes are rounded otherwise", "2.35, undone in 2.38"),
        ReleaseChange.ArenaLimitCounts => ("the arena limit counts the CPUs of the affinity mask", "2.35, undone in 2.39"),
        ReleaseChange.ReallocInPlace => ("realloc leaves a block as it is where the new size fits it", "2.37, 2.38, 2.43"),
        ReleaseChange.MemalignTcache => ("memalign takes from the tcache", "2.38"),
        ReleaseChange.MemalignBinSearch => ("memalign searches the bins", "2.38, undone in 2.39"),
        ReleaseChange.AlignedAllocChecks => ("aligned_alloc refuses alignments that are no powers of two", "2.38"),
        ReleaseChange.MemalignRests => ("what memalign cuts off is merged into the bins", "2.39"),
        ReleaseChange.TunablesChecked => ("malformed tunables are refused", "2.39"),
        ReleaseChange.CallocTcache => ("calloc takes from the tcache", "2.41"),
        ReleaseChange.FreedSmallToSmallbins => ("freed small chunks go to their small bin, not to the unsorted bin", "2.41"),
        ReleaseChange.LargeTcache => ("the tcache has bins for large chunks, and its struct is longer", "2.42"),
        ReleaseChange.TcacheBirth => ("the tcache is made later", "2.42, 2.43"),
        ReleaseChange.RestsBypassTcache => ("what realloc cuts off or leaves goes to the bins, not to the tcache", "2.42"),
        ReleaseChange.TcacheLimit => ("chunks of 1040 bytes are not cached", "2.42 as tagged"),
        ReleaseChange.MmappedInTcache => ("freed mapped blocks stay mapped in the tcache", "2.43"),
        ReleaseChange.TcachePlaces => ("a tcache bin has 16 places, not 7", "2.43"),
        ReleaseChange.Fastbins => ("there are no fast bins: a small chunk that is not cached is merged at once", "2.43"),
        ReleaseChange.MmappedTail => ("mapped chunks leave 16 bytes at their end", "2.43"),
        ReleaseChange.MmapFallbackIsExact => ("where the break is blocked, only what is needed is mapped", "2.43"),
        _ => throw new ArgumentOutOfRangeException(nameof(change), change, "is no change"),
    };

    /// <summary>The changes in which two releases differ, in the order of the releases that made them.</summary>
    /// <param name="release">A release of <see cref="AllocatorModels.Releases"/>.</param>
    /// <param name="other">Another.</param>
    public static IReadOnlyList<ReleaseChange> Between(string release, string other) =>
        AllocatorModels.Visit("x86_64", release, new Outer<List<ReleaseChange>>(other, new Differences()))
        ?? throw new ArgumentException($"{release} is not modelled", nameof(release));

    /// <summary>
    /// Visits with a release in which one change is as another release has it; null when platform or release is not modelled.
    /// </summary>
    /// <param name="platform">The platform.</param>
    /// <param name="release">The release.</param>
    /// <param name="change">The change that is swapped.</param>
    /// <param name="other">The release that it is taken from.</param>
    /// <param name="visitor">What is to be done with the allocator.</param>
    public static TResult? VisitSwapped<TResult>(
        string platform, string release, ReleaseChange change, string other, IAllocatorVisitor<TResult> visitor)
        where TResult : class => AllocatorModels.Visit(platform, release, new Outer<TResult>(other, new Swapper<TResult>(change, visitor)));

    private interface IPairVisitor<out TResult>
    {
        TResult Visit<TAbi, TRelease, TOther>()
            where TAbi : struct, IMallocAbi
            where TRelease : struct, IGlibcRelease
            where TOther : struct, IGlibcRelease;
    }

    // One type after the other: first the release, then the one that it is compared with.
    private sealed class Outer<TResult>(string other, IPairVisitor<TResult> pair) : IAllocatorVisitor<TResult>
        where TResult : class
    {
        public TResult Visit<TAbi, TRelease>()
            where TAbi : struct, IMallocAbi
            where TRelease : struct, IGlibcRelease =>
            AllocatorModels.VisitRelease<TAbi, TResult>(other, new Inner<TRelease, TResult>(pair));
    }

    private sealed class Inner<TFirst, TResult>(IPairVisitor<TResult> pair) : IAllocatorVisitor<TResult>
        where TFirst : struct, IGlibcRelease
        where TResult : class
    {
        public TResult Visit<TAbi, TRelease>()
            where TAbi : struct, IMallocAbi
            where TRelease : struct, IGlibcRelease => pair.Visit<TAbi, TFirst, TRelease>();
    }

    private sealed class Differences : IPairVisitor<List<ReleaseChange>>
    {
        public List<ReleaseChange> Visit<TAbi, TRelease, TOther>()
            where TAbi : struct, IMallocAbi
            where TRelease : struct, IGlibcRelease
            where TOther : struct, IGlibcRelease => [.. Enum.GetValues<ReleaseChange>().Where(Differ<TRelease, TOther>)];

        private static bool Differ<TRelease, TOther>(ReleaseChange change)
            where TRelease : struct, IGlibcRelease
            where TOther : struct, IGlibcRelease => change switch
            {
                ReleaseChange.HeapInfoPageSize => TRelease.HeapInfoHasPageSize != TOther.HeapInfoHasPageSize,
                ReleaseChange.MmapThresholdUnlimited => TRelease.MmapThresholdUnlimited != TOther.MmapThresholdUnlimited,
                ReleaseChange.Hugetlb => TRelease.HasHugetlb != TOther.HasHugetlb,
                ReleaseChange.MmapFallbackArguments => TRelease.MmapFallbackArgumentsExchanged != TOther.MmapFallbackArgumentsExchanged,
                ReleaseChange.ArenaLimitCounts => TRelease.ArenaLimitByAffinity != TOther.ArenaLimitByAffinity,
                ReleaseChange.ReallocInPlace => TRelease.ReallocInPlace != TOther.ReallocInPlace,
                ReleaseChange.MemalignTcache => TRelease.MemalignUsesTcache != TOther.MemalignUsesTcache,
                ReleaseChange.MemalignBinSearch => TRelease.MemalignSearchesBins != TOther.MemalignSearchesBins,
                ReleaseChange.AlignedAllocChecks => TRelease.AlignedAllocChecks != TOther.AlignedAllocChecks,
                ReleaseChange.MemalignRests => TRelease.MemalignMergesRests != TOther.MemalignMergesRests,
                ReleaseChange.TunablesChecked => TRelease.TunablesAreChecked != TOther.TunablesAreChecked,
                ReleaseChange.CallocTcache => TRelease.CallocUsesTcache != TOther.CallocUsesTcache,
                ReleaseChange.FreedSmallToSmallbins => TRelease.FreedSmallToSmallbins != TOther.FreedSmallToSmallbins,
                ReleaseChange.LargeTcache => TRelease.TcacheLargeBins != TOther.TcacheLargeBins || TRelease.TcacheCountsPlaces != TOther.TcacheCountsPlaces || TRelease.LargeTcacheGivesLarger != TOther.LargeTcacheGivesLarger,
                ReleaseChange.TcacheBirth => TRelease.TcacheBirth != TOther.TcacheBirth,
                ReleaseChange.RestsBypassTcache => TRelease.RestsBypassTcache != TOther.RestsBypassTcache,
                ReleaseChange.TcacheLimit => TRelease.TcacheLimitIsInclusive != TOther.TcacheLimitIsInclusive,
                ReleaseChange.MmappedInTcache => TRelease.TcacheKeepsMmapped != TOther.TcacheKeepsMmapped,
                ReleaseChange.TcachePlaces => TRelease.TcacheFillCount != TOther.TcacheFillCount,
                ReleaseChange.Fastbins => TRelease.HasFastbins != TOther.HasFastbins,
                ReleaseChange.MmappedTail => TRelease.MmappedChunkHasTail != TOther.MmappedChunkHasTail,
                ReleaseChange.MmapFallbackIsExact => TRelease.MmapFallbackIsExact != TOther.MmapFallbackIsExact,
                _ => false,
            };
    }

    private sealed class Swapper<TResult>(ReleaseChange change, IAllocatorVisitor<TResult> visitor) : IPairVisitor<TResult>
    {
        public TResult Visit<TAbi, TRelease, TOther>()
            where TAbi : struct, IMallocAbi
            where TRelease : struct, IGlibcRelease
            where TOther : struct, IGlibcRelease => change switch
            {
                ReleaseChange.HeapInfoPageSize => visitor.Visit<TAbi, Swapped<TRelease, TOther, HeapInfoPageSize>>(),
                ReleaseChange.MmapThresholdUnlimited => visitor.Visit<TAbi, Swapped<TRelease, TOther, MmapThresholdUnlimited>>(),
                ReleaseChange.Hugetlb => visitor.Visit<TAbi, Swapped<TRelease, TOther, Hugetlb>>(),
                ReleaseChange.MmapFallbackArguments => visitor.Visit<TAbi, Swapped<TRelease, TOther, MmapFallbackArguments>>(),
                ReleaseChange.ArenaLimitCounts => visitor.Visit<TAbi, Swapped<TRelease, TOther, ArenaLimitCounts>>(),
                ReleaseChange.ReallocInPlace => visitor.Visit<TAbi, Swapped<TRelease, TOther, ReallocInPlace>>(),
                ReleaseChange.MemalignTcache => visitor.Visit<TAbi, Swapped<TRelease, TOther, MemalignTcache>>(),
                ReleaseChange.MemalignBinSearch => visitor.Visit<TAbi, Swapped<TRelease, TOther, MemalignBinSearch>>(),
                ReleaseChange.AlignedAllocChecks => visitor.Visit<TAbi, Swapped<TRelease, TOther, AlignedAllocChecks>>(),
                ReleaseChange.MemalignRests => visitor.Visit<TAbi, Swapped<TRelease, TOther, MemalignRests>>(),
                ReleaseChange.TunablesChecked => visitor.Visit<TAbi, Swapped<TRelease, TOther, TunablesChecked>>(),
                ReleaseChange.CallocTcache => visitor.Visit<TAbi, Swapped<TRelease, TOther, CallocTcache>>(),
                ReleaseChange.FreedSmallToSmallbins => visitor.Visit<TAbi, Swapped<TRelease, TOther, FreedSmallToSmallbins>>(),
                ReleaseChange.LargeTcache => visitor.Visit<TAbi, Swapped<TRelease, TOther, LargeTcache>>(),
                ReleaseChange.TcacheBirth => visitor.Visit<TAbi, Swapped<TRelease, TOther, TcacheBirth>>(),
                ReleaseChange.RestsBypassTcache => visitor.Visit<TAbi, Swapped<TRelease, TOther, RestsBypassTcache>>(),
                ReleaseChange.TcacheLimit => visitor.Visit<TAbi, Swapped<TRelease, TOther, TcacheLimit>>(),
                ReleaseChange.MmappedInTcache => visitor.Visit<TAbi, Swapped<TRelease, TOther, MmappedInTcache>>(),
                ReleaseChange.TcachePlaces => visitor.Visit<TAbi, Swapped<TRelease, TOther, TcachePlaces>>(),
                ReleaseChange.Fastbins => visitor.Visit<TAbi, Swapped<TRelease, TOther, Fastbins>>(),
                ReleaseChange.MmappedTail => visitor.Visit<TAbi, Swapped<TRelease, TOther, MmappedTail>>(),
                ReleaseChange.MmapFallbackIsExact => visitor.Visit<TAbi, Swapped<TRelease, TOther, MmapFallbackIsExact>>(),
                _ => throw new ArgumentOutOfRangeException(nameof(change), change, "is no change"),
            };
    }

    private readonly struct HeapInfoPageSize : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.HeapInfoPageSize;
    }

    private readonly struct MmapThresholdUnlimited : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.MmapThresholdUnlimited;
    }

    private readonly struct Hugetlb : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.Hugetlb;
    }

    private readonly struct MmapFallbackArguments : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.MmapFallbackArguments;
    }

    private readonly struct ArenaLimitCounts : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.ArenaLimitCounts;
    }

    private readonly struct ReallocInPlace : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.ReallocInPlace;
    }

    private readonly struct MemalignTcache : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.MemalignTcache;
    }

    private readonly struct MemalignBinSearch : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.MemalignBinSearch;
    }

    private readonly struct AlignedAllocChecks : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.AlignedAllocChecks;
    }

    private readonly struct MemalignRests : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.MemalignRests;
    }

    private readonly struct TunablesChecked : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.TunablesChecked;
    }

    private readonly struct CallocTcache : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.CallocTcache;
    }

    private readonly struct FreedSmallToSmallbins : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.FreedSmallToSmallbins;
    }

    private readonly struct LargeTcache : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.LargeTcache;
    }

    private readonly struct TcacheBirth : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.TcacheBirth;
    }

    private readonly struct RestsBypassTcache : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.RestsBypassTcache;
    }

    private readonly struct TcacheLimit : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.TcacheLimit;
    }

    private readonly struct MmappedInTcache : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.MmappedInTcache;
    }

    private readonly struct TcachePlaces : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.TcachePlaces;
    }

    private readonly struct Fastbins : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.Fastbins;
    }

    private readonly struct MmappedTail : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.MmappedTail;
    }

    private readonly struct MmapFallbackIsExact : IReleaseChange
    {
        public static ReleaseChange Change => ReleaseChange.MmapFallbackIsExact;
    }
}
