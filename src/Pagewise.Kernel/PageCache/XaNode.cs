using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.PageCache;

/// <summary>A node of a page index: 64 slots, as an xarray's xa_node has (include/linux/xarray.h).</summary>
public struct XaNode
{
    /// <summary>Slots of a node (XA_CHUNK_SIZE).</summary>
    public const int SlotCount = 64;

    /// <summary>In a lowest node frame numbers or <see cref="Shadow"/>, above it node indices; 0 is empty.</summary>
    public SlotArray Slots;

    /// <summary>Slots that are not empty.</summary>
    public int Used;

    /// <summary>In a lowest node, slots that hold a frame.</summary>
    public byte Frames;

    /// <summary>In a lowest node, slots that hold the shadow of a page that reclaim took.</summary>
    public byte Shadows;

    /// <summary>Of a node that keeps nothing but shadows: the file whose index it belongs to (array).</summary>
    public int Owner;

    /// <summary>Of a node that keeps nothing but shadows: the page of its first slot.</summary>
    public ulong First;

    /// <summary>Slots that hold a dirty page, or a node with one; a bit each (PAGECACHE_TAG_DIRTY).</summary>
    public ulong DirtyTags;

    /// <summary>Slots that hold a page under writeback, or a node with one (PAGECACHE_TAG_WRITEBACK).</summary>
    public ulong WritebackTags;

    /// <summary>What a page leaves behind when it leaves the cache without its file changing, and not by reclaim: it is no longer cached.</summary>
    public const ulong Shadow = ulong.MaxValue;

    /// <summary>
    /// Whether an entry is no frame: a shadow, which of a page that reclaim took holds the eviction clock, or of shared
    /// memory the slot of swap where the page is (xa_is_value).
    /// </summary>
    public static bool IsValue(ulong entry) => (long)entry < 0;

    /// <summary>Whether the node keeps nothing but shadows (nr_values is count, for workingset_update_node).</summary>
    public readonly bool IsShadowNode => Frames == 0 && Shadows != 0;

    /// <summary>Counts an entry of the node that comes or goes.</summary>
    public void Count(ulong entry, int change)
    {
        if (entry == 0 || entry == Shadow)
            return;
        if (IsValue(entry))
            Shadows = (byte)(Shadows + change);
        else
            Frames = (byte)(Frames + change);
    }

    /// <summary>The slots.</summary>
    [InlineArray(SlotCount)]
    public struct SlotArray
    {
        private ulong _first;
    }
}
