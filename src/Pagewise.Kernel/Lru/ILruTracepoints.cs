namespace Pagewise.Kernel.Lru;

/// <summary>Who listens to the LRU lists: Linux's tracepoints of the pagemap group, in the order in which they fire. Without a listener they cost a null check for a batch of pages.</summary>
public interface ILruTracepoints
{
    /// <summary><c>mm_lru_insertion</c>: a page was put on its first list.</summary>
    /// <param name="pfn">The page.</param>
    /// <param name="list">The list.</param>
    void MmLruInsertion(uint pfn, LruList list);

    /// <summary><c>mm_lru_activate</c>: a page was moved to the active list, other than by reclaim.</summary>
    /// <param name="pfn">The page.</param>
    void MmLruActivate(uint pfn);
}
