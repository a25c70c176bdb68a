namespace Pagewise.Kernel.PageCache;

/// <content>Counts anew, for tests.</content>
public sealed partial class PageIndex
{
    /// <summary>Nodes of a tree that keep nothing but shadows of pages that reclaim took.</summary>
    public long CountShadowNodes(in XArray tree) =>
        tree.Height == 0 || tree.Owner == 0 ? 0 : CountShadowNodes((int)tree.Head, tree.Height - 1, 0, tree.Owner);

    /// <summary>Checks the lists of nodes that keep nothing but shadows.</summary>
    /// <exception cref="InvalidOperationException">One is not where it belongs, or a count is wrong.</exception>
    public void ValidateShadowNodes() => ShadowNodes.Validate(node => (cache.MemcgOf(_slab.ObjectOf(node)), cache.NodeOf(_slab.ObjectOf(node))));

    private long CountShadowNodes(int node, int level, ulong first, int owner)
    {
        long shadows = 0, others = 0, below = 0;
        for (int slot = 0; slot < XaNode.SlotCount; slot++)
        {
            ulong entry = Nodes[node].Slots[slot];
            if (entry == 0 || entry == XaNode.Shadow)
                continue;
            if (level > 0)
                below += CountShadowNodes((int)entry, level - 1, first | ((ulong)slot << (SlotBits * level)), owner);
            else if (XaNode.IsValue(entry))
                shadows++;
            else
                others++;
        }

        bool isShadowNode = shadows > 0 && others == 0;
        if (ShadowNodes.Contains(node) != isShadowNode || (isShadowNode && (Nodes[node].Owner != owner || Nodes[node].First != first)))
            throw new InvalidOperationException($"inode {owner}: the node at page {first} has {shadows} shadows and {others} others, and its list does not agree");
        if (level == 0 && (_slab.ObjectOf(node) != 0) != (shadows + others > 0))
            throw new InvalidOperationException($"inode {owner}: the node at page {first} has {shadows} shadows and {others} others, and an object where it needs none or the other way round");
        return below + (isShadowNode ? 1 : 0);
    }
}
