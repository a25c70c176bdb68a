namespace Pagewise.Malloc.Releases;

/// <summary>What 2.38 changed.</summary>
public interface ISince238 : ISince237
{
    /// <inheritdoc/>
    static bool IGlibcRelease.MmapFallbackArgumentsExchanged => false;

    /// <inheritdoc/>
    static string IGlibcRelease.SysmallocAssertion => "Fatal glibc error: malloc.c:2589 (sysmalloc): assertion failed: ";

    /// <inheritdoc/>
    static ReallocInPlace IGlibcRelease.ReallocInPlace => ReallocInPlace.WithinPadding;

    /// <inheritdoc/>
    static bool IGlibcRelease.MemalignUsesTcache => true;

    /// <inheritdoc/>
    static bool IGlibcRelease.MemalignSearchesBins => true;

    /// <inheritdoc/>
    static bool IGlibcRelease.AlignedAllocChecks => true;
}
