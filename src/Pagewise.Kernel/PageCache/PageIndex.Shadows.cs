using Pagewise.Kernel.Slab;

namespace Pagewise.Kernel.PageCache;

/// <content>
/// Lowest nodes that keep nothing but shadows are listed, so that they can go when they are many (workingset_update_node). One that
/// keeps nothing but <see cref="XaNode.Shadow"/>, which Linux has no need of, has no kernel object.
/// </content>
public sealed partial class PageIndex
{
    /// <summary>Nodes of files' indices with nothing but shadows, by their number (shadow_nodes).</summary>
    internal ListLru ShadowNodes { get; } = new(MostNodes, cache.NodeCount);

    /// <summary>The file whose index a listed node belongs to.</summary>
    /// <param name="node">The node.</param>
    /// <param name="memcg">The cgroup that pays for it.</param>
    internal int OwnerOf(int node, out int memcg)
    {
        memcg = cache.MemcgOf(_slab.ObjectOf(node));
        return Nodes[node].Owner;
    }

    /// <summary>Takes all shadows out of a node that has nothing else, and so the node out of its tree (xa_delete_node).</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="node">The node.</param>
    /// <param name="warmEnd">Pages below it count as cached where nothing stands, so something is left in their places.</param>
    /// <returns>Shadows taken out.</returns>
    internal long DropShadows(ref XArray tree, int node, ulong warmEnd)
    {
        XaNode.SlotArray slots = Nodes[node].Slots;
        ulong first = Nodes[node].First;
        long dropped = 0;
        for (int slot = 0; slot < XaNode.SlotCount; slot++)
        {
            if (slots[slot] == 0 || slots[slot] == XaNode.Shadow)
                continue;
            ulong index = first + (ulong)slot;
            _ = Store(ref tree, index, index < warmEnd ? XaNode.Shadow : 0);
            dropped++;
        }

        return dropped;
    }

    /// <summary>Counts an entry of a lowest node that gives way to another; the node is listed as long as it keeps nothing but shadows.</summary>
    private void Update(in XArray tree, int leaf, ulong index, ulong old, ulong entry)
    {
        if (tree.Owner == 0)
            return;
        ref XaNode node = ref Nodes[leaf];
        bool was = node.IsShadowNode;
        node.Count(old, -1);
        node.Count(entry, 1);
        if (was == node.IsShadowNode)
            return;
        if (was)
        {
            _ = ShadowNodes.Remove(leaf);
            stat.WorkingsetNodes--;
            return;
        }

        node.Owner = tree.Owner;
        node.First = index & ~SlotMask;
        ulong item = _slab.ObjectOf(leaf);
        _ = ShadowNodes.Add(leaf, cache.MemcgOf(item), cache.NodeOf(item));
        stat.WorkingsetNodes++;
    }

    /// <summary>Whether a lowest node of a file's index holds neither a frame nor a shadow of reclaim's.</summary>
    private static bool IsBare(in XArray tree, in XaNode leaf) => tree.Owner != 0 && leaf.Frames == 0 && leaf.Shadows == 0;

    /// <summary>Takes the object of a bare node away.</summary>
    private void Hollow(in XArray tree, int leaf)
    {
        if (IsBare(in tree, in Nodes[leaf]) && _slab.ObjectOf(leaf) != 0)
            _slab.FreeObject(leaf);
    }

    /// <summary>Puts another node with an object in the place of one that has none. False: none is to be had at once.</summary>
    private bool Refill(ref ulong place, ref int spare)
    {
        int node = TakeNode(ref spare);
        if (node == 0)
            return false;
        int hollow = (int)place;
        Nodes[node] = Nodes[hollow];
        place = (ulong)node;
        Nodes.Free(hollow);
        return true;
    }
}
