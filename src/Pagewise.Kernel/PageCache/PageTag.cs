namespace Pagewise.Kernel.PageCache;

/// <summary>What pages of a file can be looked for by.</summary>
public enum PageTag
{
    /// <summary>To be written (PAGECACHE_TAG_DIRTY).</summary>
    Dirty,

    /// <summary>Being written (PAGECACHE_TAG_WRITEBACK).</summary>
    Writeback,
}
