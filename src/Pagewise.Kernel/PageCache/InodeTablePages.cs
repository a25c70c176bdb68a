using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.PageCache;

/// <summary>
/// The pages of the block device that hold the file system's inodes (fs/ext4/inode.c): whoever changes a file changes its
/// times, and with them such a page, which counts as dirtied by the task like any other. That is all there is here of a
/// file system's own pages: bitmaps, directories and the journal are not modelled.
/// </summary>
/// <param name="inodes">The files; the device is one more.</param>
/// <param name="pages">Cached pages.</param>
/// <param name="clock">The clock: times are as coarse as its ticks.</param>
public sealed class InodeTablePages(InodeTable inodes, FilePages pages, Clock clock)
{
    private const ulong InodesPerPage = 16; // 256 bytes each
    private const double TickNs = 4e6; // HZ 250

    /// <summary>The block device's own inode (its bd_inode); 0: no file was changed yet.</summary>
    public int DeviceInode { get; private set; }

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
        if (DeviceInode == 0)
        {
            DeviceInode = inodes.Create("", InodeKind.Regular, 0, 0, ulong.MaxValue >> 1);
            if (DeviceInode == 0)
                return;
            inodes.Inodes[DeviceInode].WarmPages = 0;
        }

        // The page was read when the file was opened.
        ulong index = inodes.Inodes[inode].Number / InodesPerPage;
        uint pfn = pages.FrameAt(DeviceInode, index);
        if (pfn == 0)
            pfn = pages.Add(DeviceInode, index);
        if (pfn == 0)
            return;
        long before = inodes.Inodes[DeviceInode].DirtyPages;
        pages.MarkDirty(pfn);
        Dirtied += inodes.Inodes[DeviceInode].DirtyPages - before;
    }
}
