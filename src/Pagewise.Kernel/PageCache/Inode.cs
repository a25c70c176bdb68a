namespace Pagewise.Kernel.PageCache;

/// <summary>A file's identity, size and cached pages: Linux's inode with its address_space.</summary>
public struct Inode
{
    /// <summary>Device number as /proc shows it: major in the high 16 bits, minor in the low.</summary>
    public uint Device;

    /// <summary>Inode number.</summary>
    public ulong Number;

    /// <summary>
    /// Tells files apart that have the same place in the table or the same number, one after the other (i_generation).
    /// </summary>
    public uint Generation;

    /// <summary>Size in bytes (i_size).</summary>
    public ulong SizeBytes;

    /// <summary>For hugetlbfs, log2 of the page size (huge_page_shift).</summary>
    public byte HugePageShift;

    /// <summary>What backs it.</summary>
    public InodeKind Kind;

    /// <summary>Whether its name is gone ("(deleted)").</summary>
    public bool IsDeleted;

    /// <summary>Its name was used while it stood in the list of those without users (DCACHE_REFERENCED).</summary>
    internal bool IsDentryReferenced;

    /// <summary>It was used while it stood in the list of inodes without users (I_REFERENCED).</summary>
    internal bool IsReferenced;

    /// <summary>memfd seals (F_SEAL_*).</summary>
    public uint Seals;

    /// <summary>Its name, while it has one, and open files, areas and segments that hold it.</summary>
    public int RefCount;

    /// <summary>Writable shared mappings (i_mmap_writable).</summary>
    public int WritableMappings;

    /// <summary>Pages of the commit charge that the inode itself holds: shared memory made with a size and without NORESERVE.</summary>
    public ulong ChargedPages;

    /// <summary>The owner (i_uid); others may read it, but not write it.</summary>
    public uint OwnerUid;

    /// <summary>Index of its name in <see cref="InodeTable"/>.</summary>
    public int Name;

    /// <summary>The page index (i_pages).</summary>
    public XArray Pages;

    /// <summary>
    /// Pages below this index, as far as the file reaches, count as cached though nothing has looked at them yet: the
    /// file was in the page cache before the machine's programs began. 0 for a file that has to be read.
    /// </summary>
    public ulong WarmPages;

    /// <summary>Pages cached that have a frame (nrpages).</summary>
    public long CachedPages;

    /// <summary>Pages that reclaim took, of which a shadow stands in the index (nrexceptional before 5.13).</summary>
    public long ShadowPages;

    /// <summary>Pages that differ from the device.</summary>
    public long DirtyPages;

    /// <summary>When the first of its dirty pages became so, virtual nanoseconds (dirtied_when).</summary>
    public double DirtiedWhenNs;

    /// <summary>The tick of the clock at which its times were set last, from 1 (i_mtime).</summary>
    public long ModifiedTick;

    /// <summary>The page after the last that periodic or background writeback wrote (writeback_index).</summary>
    public ulong WritebackIndex;

    /// <summary>The last error of its write-back (wb_err of its mapping), an <see cref="Errseq"/>.</summary>
    internal uint WbErr;

    /// <summary>Of shared memory: pages in swap (info->swapped).</summary>
    public long SwappedPages;

    /// <summary>The next file of shared memory that has had pages in swap (info->swaplist).</summary>
    public int NextSwapped;

    /// <summary>The one before it; −1: it is the first; 0: it is not in the list.</summary>
    public int PreviousSwapped;

    /// <summary>The next inode with dirty pages (i_io_list).</summary>
    public int NextDirty;

    /// <summary>The one before it.</summary>
    public int PreviousDirty;

    /// <summary>A bit for each block of its extent tree that was read (i_es_tree).</summary>
    public ulong KnownExtents;

    /// <summary>First area that maps it (i_mmap).</summary>
    public int FirstMapping;

    /// <summary>
    /// The largest size that its file system allows (s_maxbytes): 2^32 - 1 blocks of 4 KiB on ext4, else MAX_LFS_FILESIZE.
    /// </summary>
    public readonly ulong MaxBytes => Kind == InodeKind.Regular ? uint.MaxValue * 4096UL : long.MaxValue;

    /// <summary>The size in pages, rounded up.</summary>
    public readonly ulong SizePages => (SizeBytes >> 12) + ((SizeBytes & 4095) != 0 ? 1UL : 0);
}
