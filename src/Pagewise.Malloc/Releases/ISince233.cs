namespace Pagewise.Malloc.Releases;

/// <summary>What 2.33 changed.</summary>
public interface ISince233 : ISince232
{
    /// <inheritdoc/>
    static bool IGlibcRelease.TcacheListIsBounded => true;
}
