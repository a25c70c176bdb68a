namespace Pagewise.Malloc.Releases;

/// <summary>What 2.42 changed.</summary>
public interface ISince242 : ISince241
{
    /// <inheritdoc/>
    static string IGlibcRelease.SysmallocAssertion => "Fatal glibc error: malloc.c:2607 (sysmalloc): assertion failed: ";

    /// <inheritdoc/>
    static int IGlibcRelease.TcacheLargeBins => 12;

    /// <inheritdoc/>
    static bool IGlibcRelease.TcacheCountsPlaces => true;

    /// <inheritdoc/>
    static TcacheBirth IGlibcRelease.TcacheBirth => TcacheBirth.FirstCacheableRequest;

    /// <inheritdoc/>
    static bool IGlibcRelease.RestsBypassTcache => true;

    /// <inheritdoc/>
    static bool IGlibcRelease.TcacheLimitIsInclusive => false;

    /// <inheritdoc/>
    static bool IGlibcRelease.LargeTcacheGivesLarger => true;
}
