namespace Pagewise.Kernel.PageAllocator;

/// <summary>Block sizes: a block of order n is 2^n frames, aligned to its size.</summary>
public static class PageOrder
{
    /// <summary><c>MAX_PAGE_ORDER</c>: the largest block, 4 MiB.</summary>
    public const int Max = 10;

    /// <summary>The number of orders (<c>NR_PAGE_ORDERS</c>).</summary>
    public const int Count = Max + 1;

    /// <summary><c>PAGE_ALLOC_COSTLY_ORDER</c>: larger blocks may be refused rather than fought for.</summary>
    public const int Costly = 3;

    /// <summary><c>pageblock_order</c>: frames of one migrate type are kept together in blocks of 2 MiB.</summary>
    public const int Pageblock = 9;

    /// <summary><c>pageblock_nr_pages</c>.</summary>
    public const uint PageblockPages = 1u << Pageblock;
}
