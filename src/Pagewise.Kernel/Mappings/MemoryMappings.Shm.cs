using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.Mappings;

public sealed partial class MemoryMappings
{
    /// <summary>Whether MAP_NORESERVE and SHM_NORESERVE are honoured: not under vm.overcommit_memory=2.</summary>
    internal bool MayOvercommit => _settings.OvercommitMemory != 2;

    /// <summary>
    /// Unmaps the areas of a System V attachment that would have begun at an address (ksys_shmdt): the first area
    /// found there says which attachment and goes whatever its size, the others belong to it when they map the same open
    /// file within the segment's size. What cannot go (a sealed area) stays, and nobody is told.
    /// </summary>
    internal SysResult UnmapAttachment(in Current current, ulong address)
    {
        int vma = _tree.FindVma(current.Mm, address);
        while (vma != 0 && !IsPartOfAttachment(vma, address))
            vma = _vmas[vma].Next;
        if (vma == 0)
            return Errno.EINVAL;
        int file = _vmas[vma].File;
        ulong size = PageAlign(_inodes.Inodes[_vmas[vma].Inode].SizeBytes);
        for (bool isFirst = true; vma != 0 && (isFirst || _vmas[vma].End - address <= size); isFirst = false)
        {
            ref readonly VmArea area = ref _vmas[vma];
            int next = area.Next;
            if (isFirst || (area.File == file && IsPartOfAttachment(vma, address)))
                _ = UnmapAligned(current.Mm, area.Start, area.End);
            vma = next;
        }

        return SysResult.Ok;
    }

    private bool IsPartOfAttachment(int vma, ulong address)
    {
        ref readonly VmArea area = ref _vmas[vma];
        return area.IsShm && (area.Start - address) >> 12 == area.PgOff;
    }
}
