namespace Pagewise.Kernel.AddressSpaces;

/// <summary>
/// What anonymous pages point to in place of areas, so that areas may split, merge and be copied: Linux's anon_vma
/// (include/linux/rmap.h). The set of areas hangs on it by <see cref="AnonVmaChain"/> links.
/// </summary>
public struct AnonVma
{
    /// <summary>The root of the fork tree; itself for a root.</summary>
    public int Root;

    /// <summary>The parent in the fork tree; itself for a root.</summary>
    public int Parent;

    /// <summary>Children in the fork tree; a root counts itself (num_children).</summary>
    public int NumChildren;

    /// <summary>Areas whose <see cref="VmArea.AnonVma"/> is this one (num_active_vmas).</summary>
    public int NumActiveVmas;

    /// <summary>References that keep it alive (refcount).</summary>
    public int RefCount;

    /// <summary>Head of the list of <see cref="AnonVmaChain"/> entries (rb_root in Linux: an interval tree).</summary>
    public int FirstChain;
}
