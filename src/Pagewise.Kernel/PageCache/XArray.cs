namespace Pagewise.Kernel.PageCache;

/// <summary>The head of a page index (struct xarray, include/linux/xarray.h); <see cref="PageIndex"/> has the nodes.</summary>
public struct XArray
{
    /// <summary>The root node, or with a <see cref="Height"/> of 0 the entry at index 0; 0: the index is empty (xa_head).</summary>
    public ulong Head;

    /// <summary>Levels of nodes (the root's shift).</summary>
    public byte Height;

    /// <summary>Tags that some entry has, a bit each, see <see cref="MarkOf"/> (XA_FLAGS_MARK in xa_flags).</summary>
    public byte Marks;

    /// <summary>
    /// The inode whose nodes that keep nothing but shadows are counted and listed (mapping_set_update): a file's; 0 for shared memory,
    /// whose are not.
    /// </summary>
    public int Owner;

    /// <summary>The bit of a tag in <see cref="Marks"/>.</summary>
    public static byte MarkOf(PageTag tag) => (byte)(1 << (int)tag);
}
