using Pagewise.NativeMemory;

namespace Pagewise.Kernel.PageCache;

/// <summary>
/// The page indices of all inodes (i_pages): radix trees of 64-slot nodes over one arena, like Linux's xarray. A tree is
/// named by its root node and height, which its owner keeps; the height grows with the highest index.
/// </summary>
public sealed class PageIndex : IDisposable
{
    private const int SlotBits = 6;
    private const ulong SlotMask = XaNode.SlotCount - 1;

    private readonly Arena<XaNode> _nodes = new(1 << 26);

    /// <summary>Nodes in use.</summary>
    public int NodeCount => _nodes.Count;

    /// <summary>The entry at an index: a frame, <see cref="XaNode.Shadow"/>, or 0.</summary>
    public uint Load(int root, byte height, ulong index)
    {
        if (root == 0 || index >> (SlotBits * height) != 0)
            return 0;
        uint entry = (uint)root;
        for (int level = height - 1; level >= 0 && entry != 0; level--)
            entry = _nodes[(int)entry].Slots[(int)((index >> (SlotBits * level)) & SlotMask)];
        return entry;
    }

    /// <summary>Sets the entry at an index; 0 removes it. Nodes come and go as needed.</summary>
    /// <returns>False when the arena is full.</returns>
    public bool Store(ref int root, ref byte height, ulong index, uint entry)
    {
        if (entry == 0)
        {
            if (root != 0 && index >> (SlotBits * height) == 0)
                Remove(ref root, ref height, index);
            return true;
        }

        while (root == 0 || index >> (SlotBits * height) != 0)
        {
            int node = _nodes.Allocate();
            if (node == 0)
                return false;
            if (root != 0)
            {
                _nodes[node].Slots[0] = (uint)root;
                _nodes[node].Used = 1;
            }

            root = node;
            height++;
        }

        int current = root;
        for (int level = height - 1; level > 0; level--)
        {
            int slot = (int)((index >> (SlotBits * level)) & SlotMask);
            uint child = _nodes[current].Slots[slot];
            if (child == 0)
            {
                child = (uint)_nodes.Allocate();
                if (child == 0)
                    return false;
                _nodes[current].Slots[slot] = child;
                _nodes[current].Used++;
            }

            current = (int)child;
        }

        ref XaNode leaf = ref _nodes[current];
        ref uint place = ref leaf.Slots[(int)(index & SlotMask)];
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
    public uint Next(int root, byte height, ref ulong index, ulong last)
    {
        if (root == 0)
            return 0;
        while (index <= last && index >> (SlotBits * height) == 0)
        {
            uint entry = (uint)root;
            int level = height - 1;
            while (true)
            {
                entry = _nodes[(int)entry].Slots[(int)((index >> (SlotBits * level)) & SlotMask)];
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
    public void Dispose() => _nodes.Dispose();

    private void Remove(ref int root, ref byte height, ulong index)
    {
        if (Remove(root, height - 1, index))
        {
            root = 0;
            height = 0;
        }
    }

    /// <summary>Removes below a node; true when the node became empty and was freed.</summary>
    private bool Remove(int node, int level, ulong index)
    {
        ref XaNode current = ref _nodes[node];
        ref uint slot = ref current.Slots[(int)((index >> (SlotBits * level)) & SlotMask)];
        if (slot == 0 || (level > 0 && !Remove((int)slot, level - 1, index)))
            return false;
        slot = 0;
        if (--current.Used > 0)
            return false;
        _nodes.Free(node);
        return true;
    }
}
