namespace Pagewise.Kernel.PageCache;

/// <summary>
/// Where the pages of a file lie on its device (fs/ext4/extents.c): an inode has room for four extents of up to 32,768 blocks;
/// a longer file keeps them in blocks of 340, which are read when the first page that they tell of is. What was read once is
/// known for as long as the inode is in memory (the extent status tree).
/// </summary>
/// <remarks>
/// Simplified: a file lies in one piece, but begins within a block group, so that it has one extent more than it fills; its
/// tree has one level; blocks are 4 KiB. The blocks of the trees are numbered as they are read.
/// </remarks>
/// <param name="inodes">The files.</param>
/// <param name="buffers">The device's blocks in memory.</param>
internal sealed class ExtentTrees(InodeTable inodes, BufferCache buffers)
{
    private const ulong ExtentPages = 32768;
    private const ulong ExtentsInInode = 4;
    private const ulong LeafPages = 340 * ExtentPages;
    private const int MostLeaves = 64;

    // The first block group is full of the file system's own blocks.
    private ulong _nextBlock = ExtentPages;

    /// <summary>Whether it is known where a page lies, without reading more.</summary>
    public bool IsKnown(int inode, ulong index)
    {
        ref Inode file = ref inodes.Inodes[inode];
        return (file.SizePages / ExtentPages) + 1 <= ExtentsInInode || inode == buffers.DeviceInode || (file.KnownExtents & LeafOf(index)) != 0;
    }

    /// <summary>Reads where a page lies (ext4_map_blocks), if that is not known.</summary>
    public void Read(int inode, ulong index, PageReads reads)
    {
        if (!IsKnown(inode, index) && buffers.Read(_nextBlock, reads))
        {
            _nextBlock++;
            SetKnown(inode, index);
        }
    }

    /// <summary>A page gets its place on the device: it is written.</summary>
    public void SetKnown(int inode, ulong index) => inodes.Inodes[inode].KnownExtents |= LeafOf(index);

    private static ulong LeafOf(ulong index) => 1UL << (int)Math.Min(index / LeafPages, MostLeaves - 1);
}
