namespace Pagewise.Malloc.Releases;

/// <summary>What 2.41 changed.</summary>
public interface ISince241 : ISince239
{
    /// <inheritdoc/>
    static string IGlibcRelease.SysmallocAssertion => "Fatal glibc error: malloc.c:2601 (sysmalloc): assertion failed: ";

    /// <inheritdoc/>
    static bool IGlibcRelease.CallocUsesTcache => true;

    /// <inheritdoc/>
    static bool IGlibcRelease.FreedSmallToSmallbins => true;
}
