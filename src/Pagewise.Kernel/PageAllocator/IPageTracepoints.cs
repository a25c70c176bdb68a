namespace Pagewise.Kernel.PageAllocator;

/// <summary>Who listens to the page allocator: Linux's tracepoints of the kmem group, in the order in which they fire. Without a listener they cost a null check.</summary>
public interface IPageTracepoints
{
    /// <summary><c>mm_page_alloc</c>: an allocation ended.</summary>
    /// <param name="pfn">The first frame; 0 when it failed.</param>
    /// <param name="order">The block's size.</param>
    /// <param name="gfp">What was asked for.</param>
    /// <param name="type">The migrate type wanted.</param>
    void MmPageAlloc(uint pfn, int order, Gfp gfp, MigrateType type);

    /// <summary><c>mm_page_free</c>: a block came back.</summary>
    /// <param name="pfn">The first frame.</param>
    /// <param name="order">The block's size.</param>
    void MmPageFree(uint pfn, int order);

    /// <summary><c>mm_page_free_batched</c>: a page of a list of pages came back.</summary>
    /// <param name="pfn">The frame.</param>
    void MmPageFreeBatched(uint pfn);

    /// <summary><c>mm_page_alloc_zone_locked</c>: a block left the free areas.</summary>
    /// <param name="pfn">The first frame.</param>
    /// <param name="order">The block's size.</param>
    /// <param name="type">The migrate type of the list it came from.</param>
    /// <param name="percpuRefill">Whether it may go to a per-CPU list.</param>
    void MmPageAllocZoneLocked(uint pfn, int order, MigrateType type, bool percpuRefill);

    /// <summary><c>mm_page_pcpu_drain</c>: a per-CPU list gave a block back.</summary>
    /// <param name="pfn">The first frame.</param>
    /// <param name="order">The block's size.</param>
    /// <param name="type">The migrate type of the list it goes to.</param>
    void MmPagePcpuDrain(uint pfn, int order, MigrateType type);

    /// <summary><c>mm_page_alloc_extfrag</c>: an allocation took from another type's blocks.</summary>
    /// <param name="pfn">The first frame of the block found.</param>
    /// <param name="allocOrder">The size wanted.</param>
    /// <param name="fallbackOrder">The size found.</param>
    /// <param name="allocType">The type wanted.</param>
    /// <param name="fallbackType">The type found.</param>
    void MmPageAllocExtfrag(uint pfn, int allocOrder, int fallbackOrder, MigrateType allocType, MigrateType fallbackType);
}
