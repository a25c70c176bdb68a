namespace Pagewise.Kernel.AddressSpaces;

/// <summary>
/// A region of an address space with one set of attributes: Linux's vm_area_struct. Links are indices into
/// <see cref="AddressSpaceArenas.Vmas"/>, 0 meaning none. As before the maple tree (6.1), an area stands in a doubly
/// linked list and in a red-black tree augmented with the largest gap of each subtree.
/// </summary>
public struct VmArea
{
    /// <summary>First address (vm_start), page-aligned.</summary>
    public ulong Start;

    /// <summary>One past the last address (vm_end), page-aligned.</summary>
    public ulong End;

    /// <summary>vm_flags.</summary>
    public VmFlags Flags;

    /// <summary>Offset in the file, or the linear index of anonymous memory, in pages (vm_pgoff).</summary>
    public ulong PgOff;

    /// <summary>The free gap, in bytes, between the area below and this one.</summary>
    public ulong Gap;

    /// <summary>The largest <see cref="Gap"/> of this subtree (rb_subtree_gap).</summary>
    public ulong SubtreeGap;

    /// <summary>The address space this belongs to (vm_mm).</summary>
    public int Mm;

    /// <summary>The inode mapped (vm_file), 0 for anonymous memory. Shared anonymous memory has a shmem inode.</summary>
    public int Inode;

    /// <summary>
    /// The open file that was mapped (vm_file's identity), 0 when none: areas of two opens of one inode do not merge.
    /// </summary>
    public int File;

    /// <summary>The anon_vma, 0 until the first private page (vma->anon_vma).</summary>
    public int AnonVma;

    /// <summary>Head of the anon_vma_chain list (vma->anon_vma_chain), newest first.</summary>
    public int AnonVmaChain;

    /// <summary>The memory policy (vm_policy), a number of <see cref="AddressSpaceArenas.Policies"/>; 0: the task's.</summary>
    public int Policy;

    /// <summary>What was read from swap last (vma->swap_readahead_info).</summary>
    public SwapReadaheadInfo SwapReadahead;

    /// <summary>The area below (vm_prev).</summary>
    public int Prev;

    /// <summary>The area above (vm_next).</summary>
    public int Next;

    /// <summary>Red-black parent.</summary>
    public int RbParent;

    /// <summary>Red-black left child: lower addresses.</summary>
    public int RbLeft;

    /// <summary>Red-black right child: higher addresses.</summary>
    public int RbRight;

    /// <summary>Links of the inode's list or tree of mappings (i_mmap), used by PageCache.</summary>
    public int SharedPrev;

    /// <summary>See <see cref="SharedPrev"/>.</summary>
    public int SharedNext;

    /// <summary>Whether the tree node is red.</summary>
    public bool IsRed;

    /// <summary>A special mapping's own name.</summary>
    public VmaName Name;

    /// <summary>A private mapping of /dev/zero: named by its inode, yet anonymous memory (mmap_zero).</summary>
    public bool IsDevZero;

    /// <summary>
    /// An attached System V segment: its shm_vm_ops have a close operation, so a merge may not remove it.
    /// </summary>
    public bool IsShm;

    /// <summary>Size in bytes.</summary>
    public readonly ulong LengthBytes => End - Start;

    /// <summary>Size in 4 KiB pages (vma_pages).</summary>
    public readonly ulong Pages => (End - Start) >> 12;

    /// <summary>Whether private pages of it are anonymous from the start (vma_is_anonymous).</summary>
    public readonly bool IsAnonymous => (Inode == 0 && Name == VmaName.None) || IsDevZero;

    /// <summary>The page index of an address within the file or anon_vma (linear_page_index).</summary>
    public readonly ulong PageIndex(ulong address) => ((address - Start) >> 12) + PgOff;
}
