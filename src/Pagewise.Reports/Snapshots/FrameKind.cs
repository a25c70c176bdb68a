namespace Pagewise.Reports.Snapshots;

/// <summary>Who has a frame.</summary>
public enum FrameKind
{
    /// <summary>Free, in a block of the buddy allocator.</summary>
    Free = 0,

    /// <summary>Free, in a CPU's list.</summary>
    PerCpu = 1,

    /// <summary>Anonymous memory, or a page that swap readahead brought.</summary>
    Anonymous = 2,

    /// <summary>A page of a file.</summary>
    File = 3,

    /// <summary>Shared memory or tmpfs.</summary>
    Shmem = 4,

    /// <summary>A page table.</summary>
    PageTable = 5,

    /// <summary>A slab.</summary>
    Slab = 6,

    /// <summary>A kernel stack.</summary>
    KernelStack = 7,

    /// <summary>Anything else that the kernel took.</summary>
    Other = 8,

    /// <summary>Never given to the allocator.</summary>
    Reserved = 9,
}
