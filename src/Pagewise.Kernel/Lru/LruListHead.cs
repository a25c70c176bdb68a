namespace Pagewise.Kernel.Lru;

/// <summary>One LRU list: frames linked by PageFrame.Next from the newest to the oldest.</summary>
public struct LruListHead
{
    /// <summary>The frame added last; 0: the list is empty.</summary>
    public uint First;

    /// <summary>The frame that reclaim looks at first.</summary>
    public uint Last;

    /// <summary>Pages; a huge page counts as 512.</summary>
    public long Pages;
}
