using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Slab;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.PageCache;

/// <summary>
/// The page indices of all inodes (i_pages): radix trees of 64-slot nodes over one arena, like Linux's xarray. A tree is
/// named by its root and height, which its owner keeps; the height grows with the highest index. An entry that stands
/// alone at index 0 needs no node: it is the root, of height 0.
/// </summary>
/// <param name="cache">Where nodes come from (radix_tree_node); the cgroup of who adds a page pays for them (XA_FLAGS_ACCOUNT).</param>
public sealed partial class PageIndex(KmemCache cache) : IDisposable
{
    private const int SlotBits = 6;
    private const ulong SlotMask = XaNode.SlotCount - 1;

    private readonly SlabArena<XaNode> _slab = new(1 << 26, cache);

    private Arena<XaNode> Nodes => _slab.Items;

    /// <summary>Nodes in use.</summary>
    public int NodeCount => Nodes.Count;

    /// <summary>Adds the nodes' kernel objects to a list.</summary>
    public void CollectObjects(List<ulong> into) => _slab.CollectObjects(into);

    /// <summary>The entry at an index: a frame, <see cref="XaNode.Shadow"/>, or 0.</summary>
    public ulong Load(ulong root, byte height, ulong index)
    {
        if (root == 0 || index >> (SlotBits * height) != 0)
            return 0;
        ulong entry = root;
        for (int level = height - 1; level >= 0 && entry != 0; level--)
            entry = Nodes[(int)entry].Slots[(int)((index >> (SlotBits * level)) & SlotMask)];
        return entry;
    }

    /// <summary>Sets the entry at an index; 0 removes it. Nodes come and go as needed.</summary>
    /// <returns>False when no memory is left for a node.</returns>
    public bool Store(ref ulong root, ref byte height, ulong index, ulong entry)
    {
        if (height == 0 && index == 0)
        {
            root = entry;
            return true;
        }

        if (entry == 0)
        {
            if (root != 0 && index >> (SlotBits * height) == 0)
                Remove(ref root, ref height, index);
            return true;
        }

        if (root == 0)
        {
            // An empty tree begins as high as the index needs it.
            root = (ulong)_slab.Allocate(Gfp.KernelAccount);
            if (root == 0)
                return false;
            for (height = 1; index >> (SlotBits * height) != 0;)
                height++;
        }

        while (index >> (SlotBits * height) != 0)
        {
            int node = _slab.Allocate(Gfp.KernelAccount);
            if (node == 0)
            {
                Shrink(ref root, ref height);
                return false;
            }

            Nodes[node].Slots[0] = root;
            Nodes[node].Used = 1;
            if (height > 0)
            {
                Nodes[node].DirtyTags = Nodes[(int)root].DirtyTags != 0 ? 1UL : 0;
                Nodes[node].WritebackTags = Nodes[(int)root].WritebackTags != 0 ? 1UL : 0;
            }

            root = (ulong)node;
            height++;
        }

        int current = (int)root;
        for (int level = height - 1; level > 0; level--)
        {
            int slot = (int)((index >> (SlotBits * level)) & SlotMask);
            ulong child = Nodes[current].Slots[slot];
            if (child == 0)
            {
                child = (ulong)_slab.Allocate(Gfp.KernelAccount);
                if (child == 0)
                {
                    Remove(ref root, ref height, index);
                    return false;
                }

                Nodes[current].Slots[slot] = child;
                Nodes[current].Used++;
            }

            current = (int)child;
        }

        ref XaNode leaf = ref Nodes[current];
        ref ulong place = ref leaf.Slots[(int)(index & SlotMask)];
        if (place == 0)
            leaf.Used++;
        place = entry;
        return true;
    }

    /// <summary>The first entry at or above an index (xas_find); 0 when none.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="height">Its height.</param>
    /// <param name="index">Where to start; on return the entry's index.</param>
    /// <param name="last">The last index of interest.</param>
    public ulong Next(ulong root, byte height, ref ulong index, ulong last)
    {
        if (root == 0)
            return 0;
        if (height == 0)
            return index == 0 ? root : 0;
        while (index <= last && index >> (SlotBits * height) == 0)
        {
            ulong entry = root;
            int level = height - 1;
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
    public void Dispose() => _slab.Dispose();

    private void Remove(ref ulong root, ref byte height, ulong index)
    {
        if (Remove((int)root, height - 1, index))
        {
            root = 0;
            height = 0;
            return;
        }

        Shrink(ref root, ref height);
    }

    /// <summary>xas_shrink: a root with nothing but its first slot gives way to what stands there.</summary>
    private void Shrink(ref ulong root, ref byte height)
    {
        while (height > 0 && Nodes[(int)root].Used == 1 && Nodes[(int)root].Slots[0] != 0)
        {
            int node = (int)root;
            root = Nodes[node].Slots[0];
            height--;
            _slab.Free(node);
        }
    }

    /// <summary>Removes below a node; true when the node has become empty and was freed.</summary>
    private bool Remove(int node, int level, ulong index)
    {
        ref XaNode current = ref Nodes[node];
        ref ulong slot = ref current.Slots[(int)((index >> (SlotBits * level)) & SlotMask)];
        if (slot != 0 && (level == 0 || Remove((int)slot, level - 1, index)))
        {
            slot = 0;
            current.Used--;
        }

        if (current.Used > 0)
            return false;
        _slab.Free(node);
        return true;
    }
}
