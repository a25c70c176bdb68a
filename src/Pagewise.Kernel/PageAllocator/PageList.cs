namespace Pagewise.Kernel.PageAllocator;

/// <summary>Ends of a list of frames linked by their numbers (<c>struct list_head</c>); 0 is none, since frame 0 is never free.</summary>
public struct PageList
{
    /// <summary>The frame taken next.</summary>
    public uint First;

    /// <summary>The frame at the far end.</summary>
    public uint Last;
}
