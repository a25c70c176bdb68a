namespace Pagewise.Kernel.PageAllocator;

/// <summary>How deep an allocation may dig: Linux's ALLOC_* (mm/internal.h). The low bits choose the watermark.</summary>
[Flags]
public enum AllocFlags : uint
{
    /// <summary><c>ALLOC_WMARK_MIN</c>.</summary>
    WmarkMin = 0,

    /// <summary><c>ALLOC_WMARK_LOW</c>.</summary>
    WmarkLow = 1,

    /// <summary><c>ALLOC_WMARK_HIGH</c>.</summary>
    WmarkHigh = 2,

    /// <summary><c>ALLOC_NO_WATERMARKS</c>: the task helps to free memory, so it may take the last page.</summary>
    NoWatermarks = 4,

    /// <summary>The bits that choose the watermark.</summary>
    WmarkMask = 3,

    /// <summary><c>ALLOC_OOM</c>: the task is being killed; it may take half of the reserve.</summary>
    Oom = 8,

    /// <summary><c>ALLOC_HARDER</c>, since 6.3 <c>ALLOC_NON_BLOCK</c>: the caller cannot wait.</summary>
    Harder = 0x10,

    /// <summary><c>ALLOC_HIGH</c>, since 6.3 <c>ALLOC_MIN_RESERVE</c>: __GFP_HIGH was set.</summary>
    High = 0x20,

    /// <summary><c>ALLOC_CPUSET</c>: stays within the task's nodes.</summary>
    Cpuset = 0x40,

    /// <summary><c>ALLOC_NOFRAGMENT</c>: rather another zone than a pageblock of another type.</summary>
    NoFragment = 0x100,

    /// <summary><c>ALLOC_HIGHATOMIC</c> (since 6.3): may use the blocks kept for it.</summary>
    HighAtomic = 0x200,

    /// <summary><c>ALLOC_KSWAPD</c>: may wake kswapd.</summary>
    Kswapd = 0x800,
}
