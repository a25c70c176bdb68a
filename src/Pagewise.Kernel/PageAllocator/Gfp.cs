namespace Pagewise.Kernel.PageAllocator;

/// <summary>
/// What an allocation may do and wants: Linux's gfp_t (include/linux/gfp_types.h). The bits are those of 6.1; 6.18 has
/// the same flags at other places.
/// </summary>
[Flags]
public enum Gfp : uint
{
    /// <summary>Nothing special: may not wait, may not wake kswapd.</summary>
    None = 0,

    /// <summary><c>__GFP_DMA</c>: below 16 MiB.</summary>
    Dma = 0x1,

    /// <summary><c>__GFP_HIGHMEM</c>: need not be mapped by the kernel; x86-64 has no such memory, so it only names ZONE_MOVABLE together with <see cref="Movable"/>.</summary>
    HighMem = 0x2,

    /// <summary><c>__GFP_DMA32</c>: below 4 GiB.</summary>
    Dma32 = 0x4,

    /// <summary><c>__GFP_MOVABLE</c>: the page can be moved.</summary>
    Movable = 0x8,

    /// <summary><c>__GFP_RECLAIMABLE</c>: a slab that a shrinker can empty.</summary>
    Reclaimable = 0x10,

    /// <summary><c>__GFP_HIGH</c>: important enough for half of the min watermark.</summary>
    High = 0x20,

    /// <summary><c>__GFP_IO</c>: may start I/O.</summary>
    Io = 0x40,

    /// <summary><c>__GFP_FS</c>: may call into file systems.</summary>
    Fs = 0x80,

    /// <summary><c>__GFP_ZERO</c>: the frames read as zero.</summary>
    Zero = 0x100,

    /// <summary><c>__GFP_ATOMIC</c> (until 6.2): cannot wait at all.</summary>
    AtomicFlag = 0x200,

    /// <summary><c>__GFP_DIRECT_RECLAIM</c>: may reclaim itself.</summary>
    DirectReclaim = 0x400,

    /// <summary><c>__GFP_KSWAPD_RECLAIM</c>: wakes kswapd at the low watermark.</summary>
    KswapdReclaim = 0x800,

    /// <summary><c>__GFP_WRITE</c>: the page will be dirtied.</summary>
    Write = 0x1000,

    /// <summary><c>__GFP_NOWARN</c>: no report when it fails.</summary>
    NoWarn = 0x2000,

    /// <summary><c>__GFP_RETRY_MAYFAIL</c>: tries hard, but never kills.</summary>
    RetryMayFail = 0x4000,

    /// <summary><c>__GFP_NOFAIL</c>: tries forever.</summary>
    NoFail = 0x8000,

    /// <summary><c>__GFP_NORETRY</c>: fails rather than works hard.</summary>
    NoRetry = 0x10000,

    /// <summary><c>__GFP_MEMALLOC</c>: may use all reserves.</summary>
    MemAlloc = 0x20000,

    /// <summary><c>__GFP_COMP</c>: a compound page.</summary>
    Comp = 0x40000,

    /// <summary><c>__GFP_NOMEMALLOC</c>: may use no reserves.</summary>
    NoMemAlloc = 0x80000,

    /// <summary><c>__GFP_HARDWALL</c>: stays within the task's cpuset.</summary>
    HardWall = 0x100000,

    /// <summary><c>__GFP_THISNODE</c>: from the given node or not at all.</summary>
    ThisNode = 0x200000,

    /// <summary><c>__GFP_ACCOUNT</c>: charged to the cgroup.</summary>
    Account = 0x400000,

    /// <summary><c>__GFP_RECLAIM</c>.</summary>
    Reclaim = DirectReclaim | KswapdReclaim,

    /// <summary><c>GFP_ATOMIC</c>: cannot wait, may use reserves.</summary>
    Atomic = High | AtomicFlag | KswapdReclaim,

    /// <summary><c>GFP_NOWAIT</c>: cannot wait.</summary>
    NoWait = KswapdReclaim,

    /// <summary><c>GFP_NOIO</c>.</summary>
    NoIo = Reclaim,

    /// <summary><c>GFP_NOFS</c>.</summary>
    NoFs = Reclaim | Io,

    /// <summary><c>GFP_KERNEL</c>: memory of the kernel itself.</summary>
    Kernel = Reclaim | Io | Fs,

    /// <summary><c>GFP_KERNEL_ACCOUNT</c>: the same on behalf of a task.</summary>
    KernelAccount = Kernel | Account,

    /// <summary><c>GFP_USER</c>: pages of programs that the kernel uses too.</summary>
    User = Kernel | HardWall,

    /// <summary><c>GFP_HIGHUSER</c>: pages of programs.</summary>
    HighUser = User | HighMem,

    /// <summary><c>GFP_HIGHUSER_MOVABLE</c>: pages of programs that can be moved.</summary>
    HighUserMovable = HighUser | Movable,

    /// <summary><c>GFP_TRANSHUGE_LIGHT</c>: a huge page if one is at hand.</summary>
    TransHugeLight = (HighUserMovable | Comp | NoMemAlloc | NoWarn) & ~Reclaim,

    /// <summary><c>GFP_TRANSHUGE</c>: a huge page, with some work.</summary>
    TransHuge = TransHugeLight | DirectReclaim,

    /// <summary><c>GFP_PGTABLE_USER</c>: a zeroed frame for a page table.</summary>
    PageTable = KernelAccount | Zero,

    /// <summary>A page of a program, as a folio (vma_alloc_folio).</summary>
    UserPage = HighUserMovable | Comp,
}
