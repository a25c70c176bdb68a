namespace Pagewise.Kernel.PageCache;

/// <summary>What backs an inode's pages.</summary>
public enum InodeKind : byte
{
    /// <summary>A regular file on a block device (ext4 and its like): mmap aligns it for huge pages.</summary>
    Regular = 0,

    /// <summary>Shared memory: shmem, memfd, shared anonymous mappings, System V segments.</summary>
    Shmem = 1,

    /// <summary>/dev/zero and other character devices that map as anonymous memory.</summary>
    DevZero = 2,

    /// <summary>A pipe, socket, directory, terminal: mmap gives ENODEV.</summary>
    NotMappable = 3,

    /// <summary>hugetlbfs: behind MAP_HUGETLB.</summary>
    HugeTlb = 4,
}
