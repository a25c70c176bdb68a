namespace Pagewise.Malloc.Releases;

/// <summary>What 2.39 changed.</summary>
public interface ISince239 : ISince238
{
    /// <inheritdoc/>
    static bool IGlibcRelease.ArenaLimitByAffinity => false;

    /// <inheritdoc/>
    static bool IGlibcRelease.TunablesAreChecked => true;

    /// <inheritdoc/>
    static string IGlibcRelease.SysmallocAssertion => "Fatal glibc error: malloc.c:2599 (sysmalloc): assertion failed: ";

    /// <inheritdoc/>
    static bool IGlibcRelease.MemalignSearchesBins => false;

    /// <inheritdoc/>
    static bool IGlibcRelease.MemalignMergesRests => true;
}
