using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.PageAllocator;

/// <summary>One zone of one node: <c>struct zone</c> (include/linux/mmzone.h). Counts are pages. Linux splits the counters by CPU; here they are always exact.</summary>
public struct Zone
{
    /// <summary>Pages in the free areas (NR_FREE_PAGES); pages in per-CPU lists are not among them.</summary>
    public long FreePages;

    /// <summary>Min, low, high and promo, without the boost.</summary>
    public Watermarks Watermark;

    /// <summary>What stealing has added to every watermark (watermark_boost).</summary>
    public long WatermarkBoost;

    /// <summary>Pages kept from allocations that could use a higher zone, by that zone (lowmem_reserve; "protection" in /proc/zoneinfo).</summary>
    public Reserves LowmemReserve;

    /// <summary>Pages in pageblocks kept for high-order atomic allocations.</summary>
    public long NrReservedHighatomic;

    /// <summary>Free pages in those blocks (nr_free_highatomic).</summary>
    public long NrFreeHighatomic;

    /// <summary>Passing states.</summary>
    public ZoneFlags Flags;

    /// <summary>The node's number.</summary>
    public int Node;

    /// <summary>Which zone of the node.</summary>
    public ZoneType Type;

    /// <summary>The first frame.</summary>
    public uint StartPfn;

    /// <summary>Frames from the first to the last, holes included.</summary>
    public long SpannedPages;

    /// <summary>Frames that exist.</summary>
    public long PresentPages;

    /// <summary>Frames given to the buddy allocator.</summary>
    public long ManagedPages;

    /// <summary>Batch of the per-CPU lists (pageset_batch).</summary>
    public int PagesetBatch;

    /// <summary>Least high mark of the per-CPU lists (pageset_high_min); the only one before 6.7 (pageset_high).</summary>
    public int PagesetHighMin;

    /// <summary>Greatest high mark of the per-CPU lists (pageset_high_max).</summary>
    public int PagesetHighMax;

    /// <summary>Pages handed out (pgalloc_dma, pgalloc_normal …).</summary>
    public long PgAlloc;

    /// <summary>Pages given to a task that wanted this node (numa_hit).</summary>
    public long NumaHit;

    /// <summary>Pages given to a task that wanted another node (numa_miss).</summary>
    public long NumaMiss;

    /// <summary>Pages wanted here and given elsewhere (numa_foreign).</summary>
    public long NumaForeign;

    /// <summary>Interleaved pages given as wanted (numa_interleave).</summary>
    public long NumaInterleave;

    /// <summary>Pages given to a task that ran on this node (numa_local).</summary>
    public long NumaLocal;

    /// <summary>Pages given to a task that ran on another node (numa_other).</summary>
    public long NumaOther;

    /// <summary>Where compaction goes on looking for pages to move (compact_cached_migrate_pfn); 0: from the start.</summary>
    public uint CompactCachedMigratePfn;

    /// <summary>Where compaction goes on looking for free pages (compact_cached_free_pfn); 0: from the end.</summary>
    public uint CompactCachedFreePfn;

    /// <summary>Compactions left out since the last one failed (compact_considered).</summary>
    public int CompactConsidered;

    /// <summary>How often it failed in a row: 2^n are left out (compact_defer_shift).</summary>
    public int CompactDeferShift;

    /// <summary>The least order that it failed for (compact_order_failed).</summary>
    public int CompactOrderFailed;

    /// <summary>Free blocks, by order.</summary>
    public FreeAreas FreeArea;

    /// <summary>One past the last frame.</summary>
    public readonly uint EndPfn => StartPfn + (uint)SpannedPages;

    /// <summary>Whether the zone has frames (populated_zone).</summary>
    public readonly bool IsPopulated => PresentPages != 0;

    /// <summary>A watermark with the boost, as allocations compare it (wmark_pages).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly long MarkPages(Watermark mark) => Watermark[(int)mark] + WatermarkBoost;

    /// <summary>The four watermarks, by <see cref="PageAllocator.Watermark"/>.</summary>
    [InlineArray(4)]
    public struct Watermarks
    {
        private long _first;
    }

    /// <summary>The reserves, by <see cref="ZoneType"/>.</summary>
    [InlineArray(ZoneTypes.Count)]
    public struct Reserves
    {
        private long _first;
    }
}
