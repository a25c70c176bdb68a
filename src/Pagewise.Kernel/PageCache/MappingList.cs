using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.PageCache;

/// <summary>
/// The areas that map an inode (i_mmap), as a doubly linked list through <see cref="VmArea.SharedNext"/>, newest first.
/// Linux keeps an interval tree; here a walk of the list checks each area's range.
/// </summary>
/// <param name="spaces">The areas.</param>
/// <param name="inodes">The inodes.</param>
public sealed class MappingList(AddressSpaceArenas spaces, InodeTable inodes)
{
    /// <summary>Puts an area on its inode's list (vma_interval_tree_insert). An area without an inode is left alone.</summary>
    public void Link(int vma)
    {
        ref VmArea area = ref spaces.Vmas[vma];
        if (area.Inode == 0)
            return;
        ref Inode inode = ref inodes.Inodes[area.Inode];
        area.SharedPrev = 0;
        area.SharedNext = inode.FirstMapping;
        if (inode.FirstMapping != 0)
            spaces.Vmas[inode.FirstMapping].SharedPrev = vma;
        inode.FirstMapping = vma;
    }

    /// <summary>Takes an area off its inode's list (vma_interval_tree_remove).</summary>
    public void Unlink(int vma)
    {
        ref VmArea area = ref spaces.Vmas[vma];
        if (area.Inode == 0)
            return;
        if (area.SharedPrev != 0)
            spaces.Vmas[area.SharedPrev].SharedNext = area.SharedNext;
        else
            inodes.Inodes[area.Inode].FirstMapping = area.SharedNext;
        if (area.SharedNext != 0)
            spaces.Vmas[area.SharedNext].SharedPrev = area.SharedPrev;
        area.SharedPrev = 0;
        area.SharedNext = 0;
    }
}
