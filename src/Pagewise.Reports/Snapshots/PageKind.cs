namespace Pagewise.Reports.Snapshots;

/// <summary>What stands behind a page of an address space.</summary>
public enum PageKind
{
    /// <summary>No entry: nothing was touched there, or it was given back.</summary>
    None = 0,

    /// <summary>Anonymous, of this address space alone.</summary>
    Anonymous = 1,

    /// <summary>Anonymous and shared since a fork: the next store copies it.</summary>
    CopyOnWrite = 2,

    /// <summary>Part of an anonymous huge page, mapped by one entry.</summary>
    Huge = 3,

    /// <summary>A page of a file.</summary>
    File = 4,

    /// <summary>A page of shared memory or tmpfs.</summary>
    Shmem = 5,

    /// <summary>The zero page, or the huge one.</summary>
    Zero = 6,

    /// <summary>In swap.</summary>
    Swapped = 7,

    /// <summary>A page of the kernel's that every program sees (vdso, vvar).</summary>
    Special = 8,
}
