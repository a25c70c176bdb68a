namespace Pagewise.Kernel.PageAllocator;

/// <summary>What an allocation may do and wants: Linux's gfp_t (include/linux/gfp_types.h), as far as it matters here.</summary>
[Flags]
public enum Gfp : uint
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary><c>__GFP_ZERO</c>: the frames read as zero.</summary>
    Zero = 1,

    /// <summary><c>__GFP_MOVABLE</c>: user pages, which can be moved.</summary>
    Movable = 2,

    /// <summary><c>__GFP_NORETRY</c>: fail rather than work hard; huge pages ask so.</summary>
    NoRetry = 4,

    /// <summary><c>GFP_KERNEL_ACCOUNT</c> and its like: memory of the kernel itself.</summary>
    Kernel = 8,

    /// <summary><c>GFP_HIGHUSER_MOVABLE</c>: a page of a program.</summary>
    UserPage = Movable,

    /// <summary><c>GFP_PGTABLE_USER</c>: a zeroed frame for a page table.</summary>
    PageTable = Kernel | Zero,
}
