namespace Pagewise.Malloc.Releases;

/// <summary>What 2.43 changed.</summary>
public interface ISince243 : ISince242Branch
{
    /// <inheritdoc/>
    static string IGlibcRelease.SysmallocAssertion => "Fatal glibc error: malloc.c:2386 (sysmalloc): assertion failed: ";

    /// <inheritdoc/>
    static ReallocInPlace IGlibcRelease.ReallocInPlace => ReallocInPlace.WithinPaddingOnly;

    /// <inheritdoc/>
    static TcacheBirth IGlibcRelease.TcacheBirth => TcacheBirth.FirstPut;

    /// <inheritdoc/>
    static bool IGlibcRelease.LargeTcacheGivesLarger => false;

    /// <inheritdoc/>
    static bool IGlibcRelease.TcacheKeepsMmapped => true;

    /// <inheritdoc/>
    static ulong IGlibcRelease.TcacheFillCount => 16;

    /// <inheritdoc/>
    static bool IGlibcRelease.HasFastbins => false;

    /// <inheritdoc/>
    static bool IGlibcRelease.MmappedChunkHasTail => true;

    /// <inheritdoc/>
    static bool IGlibcRelease.MmapFallbackIsExact => true;
}
