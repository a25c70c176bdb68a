namespace Pagewise.Kernel.PageAllocator;

/// <summary>Who can move pages for compaction (mm/migrate.c): it knows who maps them. Implemented by reclaim.</summary>
public interface IPageMigration
{
    /// <summary>Whether a page may be moved now: on the LRU lists, not pinned, not locked in memory.</summary>
    /// <param name="pfn">A frame in use.</param>
    bool CanMove(uint pfn);

    /// <summary>
    /// Moves a page (migrate_pages): bytes, flags, references and mappings of one frame go to another. Afterwards
    /// nobody refers to the first, which the allocator takes back.
    /// </summary>
    /// <param name="from">The frame in use.</param>
    /// <param name="to">A frame just handed out, with one reference.</param>
    /// <returns>Whether it was moved; if not, all is as before.</returns>
    bool Move(uint from, uint to);
}
