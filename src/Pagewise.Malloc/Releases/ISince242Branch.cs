namespace Pagewise.Malloc.Releases;

/// <summary>What 2.42's branch changed (August 2025): distributions ship it as 2.42.</summary>
public interface ISince242Branch : ISince242
{
    /// <inheritdoc/>
    static string IGlibcRelease.SysmallocAssertion => "Fatal glibc error: malloc.c:2610 (sysmalloc): assertion failed: ";

    /// <inheritdoc/>
    static bool IGlibcRelease.TcacheLimitIsInclusive => true;
}
