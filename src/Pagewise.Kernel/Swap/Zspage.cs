using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.Swap;

/// <summary>Frames that hold objects of one size class (struct zspage, mm/zsmalloc.c).</summary>
internal struct Zspage
{
    /// <summary>The most frames of a zspage (ZS_MAX_PAGES_PER_ZSPAGE).</summary>
    public const int MostFrames = 4;

    /// <summary>Its class.</summary>
    public int Class;

    /// <summary>Objects in it.</summary>
    public int InUse;

    /// <summary>The next zspage of its group.</summary>
    public int Next;

    /// <summary>The one before.</summary>
    public int Prev;

    /// <summary>Its frames.</summary>
    public FrameArray Frames;

    /// <summary>The frames.</summary>
    [InlineArray(MostFrames)]
    public struct FrameArray
    {
        private uint _first;
    }
}
