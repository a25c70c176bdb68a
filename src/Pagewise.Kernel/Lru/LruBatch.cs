using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.Lru;

/// <summary>Frames of one CPU that wait to be moved together, so that the lists' lock is taken once (struct folio_batch). Each is referenced.</summary>
public struct LruBatch
{
    /// <summary>The most that any release collects (PAGEVEC_SIZE): 15, since 6.9 31.</summary>
    public const int MostFrames = 31;

    /// <summary>Frames waiting.</summary>
    public int Count;

    /// <summary>The frames, oldest first.</summary>
    public FrameArray Frames;

    /// <summary>The frames.</summary>
    [InlineArray(MostFrames)]
    public struct FrameArray
    {
        private uint _first;
    }
}
