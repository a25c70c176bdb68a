namespace Pagewise.Kernel.PageCache;

/// <content>Counts anew, for tests.</content>
public sealed partial class PageIndex
{
    /// <summary>Nodes of a tree that keep nothing but shadows of pages that reclaim took.</summary>
    public long CountShadowNodes(in XArray tree) =>
        tree.Height == 0 || !tree.CountsShadowNodes ? 0 : CountShadowNodes((int)tree.Head, tree.Height - 1);

    private long CountShadowNodes(int node, int level)
    {
        long shadows = 0, others = 0, below = 0;
        foreach (ulong entry in Nodes[node].Slots)
        {
            if (entry == 0 || entry == XaNode.Shadow)
                continue;
            if (level > 0)
                below += CountShadowNodes((int)entry, level - 1);
            else if (XaNode.IsValue(entry))
                shadows++;
            else
                others++;
        }

        return below + (shadows > 0 && others == 0 ? 1 : 0);
    }
}
