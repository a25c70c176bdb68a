namespace Pagewise.Kernel.PageCache;

/// <summary>A block of the device in memory (struct buffer_head). Blocks are as long as pages, so a page has one.</summary>
internal struct BufferHead
{
    /// <summary>The frame.</summary>
    public uint Pfn;

    /// <summary>Who holds the block (b_count): its page stays while anyone does.</summary>
    public int Count;
}
