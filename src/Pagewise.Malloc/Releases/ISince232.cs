namespace Pagewise.Malloc.Releases;

/// <summary>What 2.32 changed.</summary>
public interface ISince232 : IGlibcRelease
{
    /// <inheritdoc/>
    static bool IGlibcRelease.SafeLinking => true;
}
