namespace Pagewise.Malloc.Releases;

/// <summary>What 2.35 changed.</summary>
public interface ISince235 : ISince234
{
    /// <inheritdoc/>
    static bool IGlibcRelease.HeapInfoHasPageSize => true;

    /// <inheritdoc/>
    static bool IGlibcRelease.MmapThresholdUnlimited => true;

    /// <inheritdoc/>
    static bool IGlibcRelease.HasHugetlb => true;

    /// <inheritdoc/>
    static bool IGlibcRelease.MmapFallbackArgumentsExchanged => true;

    /// <inheritdoc/>
    static bool IGlibcRelease.ArenaLimitByAffinity => true;

    /// <inheritdoc/>
    static string IGlibcRelease.SysmallocAssertion => "Fatal glibc error: malloc assertion failure in sysmalloc: ";
}
