using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.PageCache;

/// <summary>
/// The pages of the block device that hold the file system's inodes (fs/ext4/inode.c): whoever changes a file changes its
/// times, and with them such a page, which counts as dirtied by the task like any other. Whoever makes a file or takes its
/// name away changes pages of the directory and of the group besides. That is all there is here of a file system's own
/// pages: bitmaps of blocks and the journal are not modelled.
/// </summary>
/// <param name="inodes">The files; the device is one more.</param>
/// <param name="pages">Cached pages.</param>
/// <param name="clock">The clock: times are as coarse as its ticks.</param>
public sealed class InodeTablePages(InodeTable inodes, FilePages pages, Clock clock)
{
    private const ulong InodesPerPage = 16; // 256 bytes each
    private const double TickNs = 4e6; // HZ 250

    // Far behind the table: bitmap of inodes, group descriptors, superblock, the directory and its inode.
    private const ulong FirstNamePage = 1UL << 32;
    private const int NamePages = 5;

    /// <summary>Pages of the table that became dirty: part of nr_dirtied.</summary>
    public long Dirtied { get; private set; }

    /// <summary>A file is written to (file_update_time, ext4_mark_inode_dirty): once a tick.</summary>
    public void UpdateTime(int inode)
    {
        ref Inode file = ref inodes.Inodes[inode];
        long tick = (long)(clock.NowNs / TickNs) + 1;
        if (file.Kind != InodeKind.Regular || file.ModifiedTick == tick)
            return;
        file.ModifiedTick = tick;
        MarkDirty(file.Number / InodesPerPage);
    }

    /// <summary>A file is made or its name taken away (ext4_create, ext4_unlink). Of /dev/vda, recorded: six pages with the table's.</summary>
    public void NameChanged(int inode)
    {
        if (inodes.Inodes[inode].Kind != InodeKind.Regular)
            return;
        for (ulong page = 0; page < NamePages; page++)
            MarkDirty(FirstNamePage + page);
        MarkDirty(inodes.Inodes[inode].Number / InodesPerPage);
    }

    private void MarkDirty(ulong index)
    {
        int device = pages.Buffers.TakeDeviceInode();
        if (device == 0)
            return;
        // The page was read when the file was opened.
        uint pfn = pages.FrameAt(device, index);
        if (pfn == 0)
            pfn = pages.Add(device, index);
        if (pfn == 0)
            return;
        long before = inodes.Inodes[device].DirtyPages;
        pages.MarkDirty(pfn);
        Dirtied += inodes.Inodes[device].DirtyPages - before;
    }
}
