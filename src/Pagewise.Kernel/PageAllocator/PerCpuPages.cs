using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.PageAllocator;

/// <summary>
/// The free pages that one CPU holds of one zone: <c>struct per_cpu_pages</c>. Most allocations and frees end here; the
/// lists trade pages with the free areas in batches.
/// </summary>
public struct PerCpuPages
{
    /// <summary>Lists of order 0 to 3 by migrate type.</summary>
    public const int LowOrderListCount = MigrateTypes.PcpCount * (PageOrder.Costly + 1);

    /// <summary>All lists: those, and two for huge pages, of which 6.1 uses one.</summary>
    public const int ListCount = LowOrderListCount + 2;

    /// <summary>Pages in all lists.</summary>
    public int Count;

    /// <summary>The count at which a free gives pages back. Since 6.7 it moves between <see cref="HighMin"/> and <see cref="HighMax"/>.</summary>
    public int High;

    /// <summary>Pages traded with the free areas at once.</summary>
    public int Batch;

    /// <summary>Least <see cref="High"/> (since 6.7).</summary>
    public int HighMin;

    /// <summary>Greatest <see cref="High"/> (since 6.7).</summary>
    public int HighMax;

    /// <summary>Before 6.7: doublings of the batch while frees follow each other (free_factor).</summary>
    public int FreeFactor;

    /// <summary>Since 6.7: doublings of the batch while allocations follow each other (alloc_factor).</summary>
    public int AllocFactor;

    /// <summary>Since 6.7: pages freed in a row (free_count).</summary>
    public int FreeCount;

    /// <summary>Since 6.7: the last free was of order 1 to 3 (PCPF_PREV_FREE_HIGH_ORDER).</summary>
    public bool PreviousFreeHighOrder;

    /// <summary>The lists, by order and migrate type (order_to_pindex).</summary>
    public PcpLists Lists;

    /// <summary>One list an order and migrate type.</summary>
    [InlineArray(ListCount)]
    public struct PcpLists
    {
        private PageList _first;
    }
}
