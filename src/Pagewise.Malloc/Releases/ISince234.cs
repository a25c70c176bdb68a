namespace Pagewise.Malloc.Releases;

/// <summary>What 2.34 changed.</summary>
public interface ISince234 : ISince233
{
    /// <inheritdoc/>
    static bool IGlibcRelease.TcacheKeyIsRandom => true;
}
