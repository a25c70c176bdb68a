using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Slab;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.PageCache;

/// <summary>
/// The page indices of all inodes (i_pages): radix trees of 64-slot nodes over one arena, like Linux's xarray. A tree's
/// head is its owner's to keep; the height grows with the highest index. An entry that stands alone at index 0 needs no
/// node: it is the head, of height 0.
/// </summary>
/// <param name="cache">Where nodes come from (radix_tree_node); the cgroup of who adds a page pays for them (XA_FLAGS_ACCOUNT).</param>
/// <param name="stat">Counters.</param>
public sealed partial class PageIndex(KmemCache cache, VmStat stat) : IDisposable
{
    private const int MostNodes = 1 << 26;
    private const int SlotBits = 6;
    private const ulong SlotMask = XaNode.SlotCount - 1;

    // GFP_RECLAIM_MASK, of which the flags that files are read with.
    private const Gfp ReclaimMask = Gfp.Kernel | Gfp.NoWarn | Gfp.NoRetry | Gfp.RetryMayFail | Gfp.NoFail | Gfp.High | Gfp.MemAlloc | Gfp.NoMemAlloc;

    private readonly SlabArena<XaNode> _slab = new(MostNodes, cache);

    private Arena<XaNode> Nodes => _slab.Items;

    /// <summary>Nodes in use.</summary>
    public int NodeCount => Nodes.Count;

    /// <summary>Adds the nodes' kernel objects to a list.</summary>
    public void CollectObjects(List<ulong> into) => _slab.CollectObjects(into);

    /// <summary>The entry at an index: a frame, <see cref="XaNode.Shadow"/>, or 0.</summary>
    public ulong Load(in XArray tree, ulong index)
    {
        if (tree.Head == 0 || index >> (SlotBits * tree.Height) != 0)
            return 0;
        ulong entry = tree.Head;
        for (int level = tree.Height - 1; level >= 0 && entry != 0; level--)
            entry = Nodes[(int)entry].Slots[(int)((index >> (SlotBits * level)) & SlotMask)];
        return entry;
    }

    /// <summary>
    /// Sets the entry at an index; 0 removes it. Nodes come and go as needed. Who changes the tree never waits (xas_alloc):
    /// where a node is missing and none is to be had at once, one is asked for with the tree left as it is, since reclaim may
    /// take pages out of this very tree, and nodes with them; then all begins anew (xas_nomem).
    /// </summary>
    /// <param name="tree">The tree.</param>
    /// <param name="index">The place.</param>
    /// <param name="entry">A frame, a value, or 0.</param>
    /// <param name="gfp">How hard a node is asked for.</param>
    /// <returns>False when no memory is left for a node.</returns>
    public bool Store(ref XArray tree, ulong index, ulong entry, Gfp gfp = Gfp.Kernel) => Store(ref tree, index, entry, gfp, out _);

    /// <summary>The same; tells what stood there when it was done, for reclaim on the way may have taken a shadow that was seen before.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="index">The place.</param>
    /// <param name="entry">A frame, a value, or 0.</param>
    /// <param name="gfp">How hard a node is asked for.</param>
    /// <param name="old">What the entry took the place of; 0 where it was not set.</param>
    public bool Store(ref XArray tree, ulong index, ulong entry, Gfp gfp, out ulong old)
    {
        old = 0;
        if (entry == 0)
        {
            old = Load(in tree, index);
            Remove(ref tree, index);
            return true;
        }

        int spare = 0;
        while (!TryStore(ref tree, index, entry, ref spare, out old))
        {
            spare = _slab.Allocate((gfp & ReclaimMask) | Gfp.Account);
            if (spare == 0)
            {
                // What was made on the way holds nothing.
                Remove(ref tree, index);
                return false;
            }
        }

        if (spare != 0)
            _slab.Free(spare);
        return true;
    }

    /// <summary>The first entry at or above an index (xas_find); 0 when none.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="index">Where to start; on return the entry's index.</param>
    /// <param name="last">The last index of interest.</param>
    public ulong Next(in XArray tree, ref ulong index, ulong last)
    {
        if (tree.Head == 0)
            return 0;
        if (tree.Height == 0)
            return index == 0 ? tree.Head : 0;
        while (index <= last && index >> (SlotBits * tree.Height) == 0)
        {
            ulong entry = tree.Head;
            int level = tree.Height - 1;
            while (true)
            {
                entry = Nodes[(int)entry].Slots[(int)((index >> (SlotBits * level)) & SlotMask)];
                if (entry == 0 || level == 0)
                    break;
                level--;
            }

            if (entry != 0)
                return entry;
            ulong step = 1UL << (SlotBits * level);
            index = (index & ~(step - 1)) + step;
        }

        return 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _slab.Dispose();
        ShadowNodes.Dispose();
    }

    /// <summary>One try to set an entry (xas_store); nodes made before one is missing stay. False: a node is missing.</summary>
    private bool TryStore(ref XArray tree, ulong index, ulong entry, ref int spare, out ulong old)
    {
        old = 0;
        if (!Expand(ref tree, index, ref spare))
            return false;
        ref ulong place = ref tree.Head;
        int leaf = 0;
        for (int level = tree.Height - 1; level >= 0; level--)
        {
            if (level == 0 && entry != XaNode.Shadow && IsBare(in tree, in Nodes[(int)place]) && _slab.ObjectOf((int)place) == 0
                && !Refill(ref place, ref spare))
                return false;
            leaf = (int)place;
            ref XaNode node = ref Nodes[leaf];
            place = ref node.Slots[(int)((index >> (SlotBits * level)) & SlotMask)];
            if (place != 0)
                continue;
            if (level > 0)
            {
                place = (ulong)TakeNode(ref spare);
                if (place == 0)
                    return false;
            }

            node.Used++;
        }

        old = place;
        if (leaf != 0)
            Update(in tree, leaf, index, old, entry);
        place = entry;
        if (leaf != 0 && entry == XaNode.Shadow)
            Hollow(in tree, leaf);
        return true;
    }

    /// <summary>Makes the tree as high as an index needs it (xas_expand). Marks of an entry that stood alone become marks of its node.</summary>
    private bool Expand(ref XArray tree, ulong index, ref int spare)
    {
        if (tree.Head == 0 && index != 0)
        {
            // An empty tree begins as high as the index needs it.
            tree.Head = (ulong)TakeNode(ref spare);
            if (tree.Head == 0)
                return false;
            for (tree.Height = 1; index >> (SlotBits * tree.Height) != 0;)
                tree.Height++;
        }

        while (index >> (SlotBits * tree.Height) != 0)
        {
            int node = TakeNode(ref spare);
            if (node == 0)
                return false;
            ref XaNode top = ref Nodes[node];
            top.Slots[0] = tree.Head;
            top.Used = 1;
            if (tree.Height == 0)
            {
                Update(in tree, node, 0, 0, tree.Head);
                Hollow(in tree, node);
            }

            top.DirtyTags = (tree.Marks & XArray.MarkOf(PageTag.Dirty)) != 0 ? 1UL : 0;
            top.WritebackTags = (tree.Marks & XArray.MarkOf(PageTag.Writeback)) != 0 ? 1UL : 0;
            tree.Head = (ulong)node;
            tree.Height++;
        }

        return true;
    }

    /// <summary>The node in hand, else one that is to be had at once; 0: none is.</summary>
    private int TakeNode(ref int spare)
    {
        if (spare == 0)
            return _slab.Allocate(Gfp.NoWait | Gfp.NoWarn | Gfp.Account);
        int node = spare;
        spare = 0;
        return node;
    }

    /// <summary>Takes a node back; one that kept no pages' shadows has no object any more.</summary>
    private void Free(int node)
    {
        if (_slab.ObjectOf(node) != 0)
            _slab.Free(node);
        else
            Nodes.Free(node);
    }

    private void Remove(ref XArray tree, ulong index)
    {
        if (tree.Head == 0 || index >> (SlotBits * tree.Height) != 0)
        {
            Shrink(ref tree);
            return;
        }

        if (tree.Height == 0 || Remove(in tree, (int)tree.Head, tree.Height - 1, index))
        {
            tree = new XArray { Owner = tree.Owner };
            return;
        }

        Shrink(ref tree);
    }

    /// <summary>xas_shrink: a root with nothing but its first slot gives way to what stands there.</summary>
    private void Shrink(ref XArray tree)
    {
        while (tree.Height > 0 && Nodes[(int)tree.Head].Used == 1 && Nodes[(int)tree.Head].Slots[0] != 0)
        {
            int node = (int)tree.Head;
            tree.Head = Nodes[node].Slots[0];
            if (--tree.Height == 0)
                Update(in tree, node, 0, tree.Head, 0);
            Free(node);
        }
    }

    /// <summary>Removes below a node; true when the node has become empty and was freed.</summary>
    private bool Remove(in XArray tree, int node, int level, ulong index)
    {
        ref XaNode current = ref Nodes[node];
        ref ulong slot = ref current.Slots[(int)((index >> (SlotBits * level)) & SlotMask)];
        if (slot != 0 && (level == 0 || Remove(in tree, (int)slot, level - 1, index)))
        {
            if (level == 0)
                Update(in tree, node, index, slot, 0);
            slot = 0;
            current.Used--;
        }

        if (current.Used > 0)
        {
            if (level == 0)
                Hollow(in tree, node);
            return false;
        }

        Free(node);
        return true;
    }
}
