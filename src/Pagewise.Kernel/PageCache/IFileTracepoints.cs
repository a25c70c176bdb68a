namespace Pagewise.Kernel.PageCache;

/// <summary>
/// Who listens to the page cache: Linux's tracepoints of the filemap group, and the functions of mm/readahead.c that
/// kprobes are put on, in the order in which they fire. Without a listener they cost a null check.
/// </summary>
public interface IFileTracepoints
{
    /// <summary><c>mm_filemap_add_to_page_cache</c>: a page came into the cache.</summary>
    /// <param name="inode">The file.</param>
    /// <param name="index">The page.</param>
    /// <param name="pfn">Its frame.</param>
    void MmFilemapAddToPageCache(int inode, ulong index, uint pfn);

    /// <summary><c>mm_filemap_delete_from_page_cache</c>: a page left the cache.</summary>
    /// <param name="inode">The file.</param>
    /// <param name="index">The page.</param>
    /// <param name="pfn">Its frame.</param>
    void MmFilemapDeleteFromPageCache(int inode, ulong index, uint pfn);

    /// <summary><c>page_cache_sync_ra</c> was called: a page is missing.</summary>
    /// <param name="inode">The file.</param>
    /// <param name="index">The missing page.</param>
    /// <param name="requestPages">Pages wanted from it on (req_count).</param>
    void PageCacheSyncRa(int inode, ulong index, ulong requestPages);

    /// <summary><c>page_cache_async_ra</c> was called: a marked page was used.</summary>
    /// <param name="inode">The file.</param>
    /// <param name="index">The marked page.</param>
    /// <param name="requestPages">Pages wanted from it on (req_count).</param>
    void PageCacheAsyncRa(int inode, ulong index, ulong requestPages);

    /// <summary><c>page_cache_ra_unbounded</c> was called: a batch of pages is to be there.</summary>
    /// <param name="inode">The file.</param>
    /// <param name="start">The first page.</param>
    /// <param name="pages">How many, cut at the end of the file (nr_to_read).</param>
    /// <param name="lookaheadPages">How many before the end of the batch the mark is put (lookahead_size); 0: none is.</param>
    void PageCacheRaUnbounded(int inode, ulong start, ulong pages, ulong lookaheadPages);
}
