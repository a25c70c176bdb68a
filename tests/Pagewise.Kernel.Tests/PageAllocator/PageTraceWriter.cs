using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Tests.PageAllocator;

/// <summary>Writes the allocator's tracepoints as the kernel's trace buffer does, but for the addresses of struct page.</summary>
internal sealed class PageTraceWriter : IPageTracepoints
{
    public List<string> Events { get; } = [];

    public void MmPageAlloc(uint pfn, int order, Gfp gfp, MigrateType type) =>
        Events.Add($"mm_page_alloc pfn=0x{pfn:x} order={order} migratetype={(int)type} gfp_flags={GfpNames.Format(gfp)}");

    public void MmPageFree(uint pfn, int order) => Events.Add($"mm_page_free pfn=0x{pfn:x} order={order}");

    public void MmPageFreeBatched(uint pfn) => Events.Add($"mm_page_free_batched pfn=0x{pfn:x} order=0");

    public void MmPageAllocZoneLocked(uint pfn, int order, MigrateType type, bool percpuRefill) =>
        Events.Add($"mm_page_alloc_zone_locked pfn=0x{pfn:x} order={order} migratetype={(int)type} percpu_refill={(percpuRefill ? 1 : 0)}");

    public void MmPagePcpuDrain(uint pfn, int order, MigrateType type) =>
        Events.Add($"mm_page_pcpu_drain pfn=0x{pfn:x} order={order} migratetype={(int)type}");

    public void MmPageAllocExtfrag(uint pfn, int allocOrder, int fallbackOrder, MigrateType allocType, MigrateType fallbackType) =>
        Events.Add($"mm_page_alloc_extfrag pfn=0x{pfn:x} alloc_order={allocOrder} fallback_order={fallbackOrder} alloc_migratetype={(int)allocType} fallback_migratetype={(int)fallbackType}");
}
