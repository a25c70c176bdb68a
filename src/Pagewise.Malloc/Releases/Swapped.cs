namespace Pagewise.Malloc.Releases;

/// <summary>A release with one change as another release has it: what does that change alone do?</summary>
/// <typeparam name="TRelease">The release.</typeparam>
/// <typeparam name="TOther">The release that the change is taken from.</typeparam>
/// <typeparam name="TChange">The change.</typeparam>
public readonly struct Swapped<TRelease, TOther, TChange> : IGlibcRelease
    where TRelease : struct, IGlibcRelease
    where TOther : struct, IGlibcRelease
    where TChange : struct, IReleaseChange
{
    /// <inheritdoc/>
    public static bool SafeLinking => TRelease.SafeLinking;

    /// <inheritdoc/>
    public static bool TcacheListIsBounded => TRelease.TcacheListIsBounded;

    /// <inheritdoc/>
    public static bool TcacheKeyIsRandom => TRelease.TcacheKeyIsRandom;

    /// <inheritdoc/>
    public static bool HeapInfoHasPageSize => TChange.Change == ReleaseChange.HeapInfoPageSize ? TOther.HeapInfoHasPageSize : TRelease.HeapInfoHasPageSize;

    /// <inheritdoc/>
    public static bool MmapThresholdUnlimited => TChange.Change == ReleaseChange.MmapThresholdUnlimited ? TOther.MmapThresholdUnlimited : TRelease.MmapThresholdUnlimited;

    /// <inheritdoc/>
    public static bool HasHugetlb => TChange.Change == ReleaseChange.Hugetlb ? TOther.HasHugetlb : TRelease.HasHugetlb;

    /// <inheritdoc/>
    public static bool MmapFallbackArgumentsExchanged => TChange.Change == ReleaseChange.MmapFallbackArguments ? TOther.MmapFallbackArgumentsExchanged : TRelease.MmapFallbackArgumentsExchanged;

    /// <inheritdoc/>
    public static bool ArenaLimitByAffinity => TChange.Change == ReleaseChange.ArenaLimitCounts ? TOther.ArenaLimitByAffinity : TRelease.ArenaLimitByAffinity;

    /// <inheritdoc/>
    public static bool HeapsAreNoReserve => TRelease.HeapsAreNoReserve;

    /// <inheritdoc/>
    public static string SysmallocAssertion => TRelease.SysmallocAssertion;

    /// <inheritdoc/>
    public static bool TunablesAreChecked => TChange.Change == ReleaseChange.TunablesChecked ? TOther.TunablesAreChecked : TRelease.TunablesAreChecked;

    /// <inheritdoc/>
    public static ReallocInPlace ReallocInPlace => TChange.Change == ReleaseChange.ReallocInPlace ? TOther.ReallocInPlace : TRelease.ReallocInPlace;

    /// <inheritdoc/>
    public static bool MemalignUsesTcache => TChange.Change == ReleaseChange.MemalignTcache ? TOther.MemalignUsesTcache : TRelease.MemalignUsesTcache;

    /// <inheritdoc/>
    public static bool MemalignSearchesBins => TChange.Change == ReleaseChange.MemalignBinSearch ? TOther.MemalignSearchesBins : TRelease.MemalignSearchesBins;

    /// <inheritdoc/>
    public static bool AlignedAllocChecks => TChange.Change == ReleaseChange.AlignedAllocChecks ? TOther.AlignedAllocChecks : TRelease.AlignedAllocChecks;

    /// <inheritdoc/>
    public static bool MemalignMergesRests => TChange.Change == ReleaseChange.MemalignRests ? TOther.MemalignMergesRests : TRelease.MemalignMergesRests;

    /// <inheritdoc/>
    public static bool CallocUsesTcache => TChange.Change == ReleaseChange.CallocTcache ? TOther.CallocUsesTcache : TRelease.CallocUsesTcache;

    /// <inheritdoc/>
    public static bool FreedSmallToSmallbins => TChange.Change == ReleaseChange.FreedSmallToSmallbins ? TOther.FreedSmallToSmallbins : TRelease.FreedSmallToSmallbins;

    /// <inheritdoc/>
    public static int TcacheLargeBins => TChange.Change == ReleaseChange.LargeTcache ? TOther.TcacheLargeBins : TRelease.TcacheLargeBins;

    /// <inheritdoc/>
    public static bool TcacheCountsPlaces => TChange.Change == ReleaseChange.LargeTcache ? TOther.TcacheCountsPlaces : TRelease.TcacheCountsPlaces;

    /// <inheritdoc/>
    public static TcacheBirth TcacheBirth => TChange.Change == ReleaseChange.TcacheBirth ? TOther.TcacheBirth : TRelease.TcacheBirth;

    /// <inheritdoc/>
    public static bool RestsBypassTcache => TChange.Change == ReleaseChange.RestsBypassTcache ? TOther.RestsBypassTcache : TRelease.RestsBypassTcache;

    /// <inheritdoc/>
    public static bool TcacheLimitIsInclusive => TChange.Change == ReleaseChange.TcacheLimit ? TOther.TcacheLimitIsInclusive : TRelease.TcacheLimitIsInclusive;

    /// <inheritdoc/>
    public static bool LargeTcacheGivesLarger => TChange.Change == ReleaseChange.LargeTcache ? TOther.LargeTcacheGivesLarger : TRelease.LargeTcacheGivesLarger;

    /// <inheritdoc/>
    public static bool TcacheKeepsMmapped => TChange.Change == ReleaseChange.MmappedInTcache ? TOther.TcacheKeepsMmapped : TRelease.TcacheKeepsMmapped;

    /// <inheritdoc/>
    public static ulong TcacheFillCount => TChange.Change == ReleaseChange.TcachePlaces ? TOther.TcacheFillCount : TRelease.TcacheFillCount;

    /// <inheritdoc/>
    public static bool HasFastbins => TChange.Change == ReleaseChange.Fastbins ? TOther.HasFastbins : TRelease.HasFastbins;

    /// <inheritdoc/>
    public static bool MmappedChunkHasTail => TChange.Change == ReleaseChange.MmappedTail ? TOther.MmappedChunkHasTail : TRelease.MmappedChunkHasTail;

    /// <inheritdoc/>
    public static bool MmapFallbackIsExact => TChange.Change == ReleaseChange.MmapFallbackIsExact ? TOther.MmapFallbackIsExact : TRelease.MmapFallbackIsExact;
}
