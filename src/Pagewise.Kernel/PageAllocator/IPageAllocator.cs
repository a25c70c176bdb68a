namespace Pagewise.Kernel.PageAllocator;

/// <summary>Who hands out frames: Linux's page allocator (mm/page_alloc.c).</summary>
public interface IPageAllocator
{
    /// <summary>Frames that it manages (totalram_pages).</summary>
    ulong TotalPages { get; }

    /// <summary>Frames that are free (nr_free_pages).</summary>
    ulong FreePageCount { get; }

    /// <summary>Takes 2^<paramref name="order"/> contiguous frames, aligned to their size, each with one reference on the first (alloc_pages).</summary>
    /// <param name="gfp">What is wanted.</param>
    /// <param name="order">0 or 9.</param>
    /// <returns>The first frame's number; 0 when there are none.</returns>
    uint AllocPages(Gfp gfp, int order);

    /// <summary>Gives frames back whose last reference is gone (__free_pages).</summary>
    /// <param name="pfn">The first frame.</param>
    /// <param name="order">The order they were taken with, or less, piece by piece.</param>
    void FreePages(uint pfn, int order);
}
