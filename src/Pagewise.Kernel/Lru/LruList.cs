namespace Pagewise.Kernel.Lru;

/// <summary>The lists of a lruvec: Linux's enum lru_list (include/linux/mmzone.h).</summary>
public enum LruList
{
    /// <summary>LRU_INACTIVE_ANON: swap-backed pages that reclaim takes next.</summary>
    InactiveAnon = 0,

    /// <summary>LRU_ACTIVE_ANON.</summary>
    ActiveAnon = 1,

    /// <summary>LRU_INACTIVE_FILE: pages of files, and those that MADV_FREE gave up.</summary>
    InactiveFile = 2,

    /// <summary>LRU_ACTIVE_FILE.</summary>
    ActiveFile = 3,

    /// <summary>LRU_UNEVICTABLE: counted, not linked.</summary>
    Unevictable = 4,
}
