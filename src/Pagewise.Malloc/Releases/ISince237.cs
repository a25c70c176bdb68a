namespace Pagewise.Malloc.Releases;

/// <summary>What 2.37 changed.</summary>
public interface ISince237 : ISince235
{
    /// <inheritdoc/>
    static bool IGlibcRelease.HeapsAreNoReserve => false;

    /// <inheritdoc/>
    static string IGlibcRelease.SysmallocAssertion => "Fatal glibc error: malloc.c:2593 (sysmalloc): assertion failed: ";

    /// <inheritdoc/>
    static ReallocInPlace IGlibcRelease.ReallocInPlace => ReallocInPlace.WithinTrimThreshold;
}
