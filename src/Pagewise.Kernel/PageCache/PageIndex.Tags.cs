using System.Numerics;

namespace Pagewise.Kernel.PageCache;

/// <content>Tags: which pages are dirty or under writeback can be found without looking at the others (xas_set_mark).</content>
public sealed partial class PageIndex
{
    /// <summary>Tags the entry at an index, which is there.</summary>
    public void SetTag(ref XArray tree, ulong index, PageTag tag)
    {
        tree.Marks |= XArray.MarkOf(tag);
        int node = (int)tree.Head;
        for (int level = tree.Height - 1; level >= 0; level--)
        {
            int slot = (int)((index >> (SlotBits * level)) & SlotMask);
            TagsOf(node, tag) |= 1UL << slot;
            node = (int)Nodes[node].Slots[slot];
        }
    }

    /// <summary>Takes the tag of the entry at an index away.</summary>
    public void ClearTag(ref XArray tree, ulong index, PageTag tag)
    {
        if (tree.Height == 0 || ClearTag((int)tree.Head, tree.Height - 1, index, tag))
            tree.Marks &= (byte)~XArray.MarkOf(tag);
    }

    /// <summary>The first tagged entry at or above an index (xas_find_marked); 0 when none.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="index">Where to start; on return the entry's index.</param>
    /// <param name="last">The last index of interest.</param>
    /// <param name="tag">The tag.</param>
    public ulong NextTagged(in XArray tree, ref ulong index, ulong last, PageTag tag)
    {
        if ((tree.Marks & XArray.MarkOf(tag)) == 0)
            return 0;
        if (tree.Height == 0)
            return index == 0 ? tree.Head : 0;
        while (index <= last && index >> (SlotBits * tree.Height) == 0)
        {
            int node = (int)tree.Head;
            int level = tree.Height - 1;
            while (true)
            {
                int shift = SlotBits * level;
                int slot = (int)((index >> shift) & SlotMask);
                ulong tags = TagsOf(node, tag) >> slot << slot;
                if (tags == 0)
                {
                    // Nothing more below this node: on to the place after it.
                    ulong step = 1UL << (shift + SlotBits);
                    index = (index & ~(step - 1)) + step;
                    break;
                }

                int found = BitOperations.TrailingZeroCount(tags);
                if (found != slot)
                    index = (index & ~((1UL << (shift + SlotBits)) - 1)) | ((ulong)found << shift);
                ulong entry = Nodes[node].Slots[found];
                if (level == 0)
                    return index <= last ? entry : 0;
                node = (int)entry;
                level--;
            }
        }

        return 0;
    }

    /// <summary>True when no entry below the node has the tag any longer.</summary>
    private bool ClearTag(int node, int level, ulong index, PageTag tag)
    {
        int slot = (int)((index >> (SlotBits * level)) & SlotMask);
        if (level == 0 || ClearTag((int)Nodes[node].Slots[slot], level - 1, index, tag))
            TagsOf(node, tag) &= ~(1UL << slot);
        return TagsOf(node, tag) == 0;
    }

    private ref ulong TagsOf(int node, PageTag tag) =>
        ref tag == PageTag.Dirty ? ref Nodes[node].DirtyTags : ref Nodes[node].WritebackTags;
}
