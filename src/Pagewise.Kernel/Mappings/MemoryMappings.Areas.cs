using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.Mappings;

public sealed partial class MemoryMappings
{
    /// <summary>A new area, not yet in its address space (vm_area_alloc); 0 when no memory is left.</summary>
    private int NewArea(int mm, ulong start, ulong end, VmFlags flags, ulong pgOff)
    {
        int vma = _spaces.VmaSlab.Allocate();
        if (vma == 0)
            return 0;
        ref VmArea area = ref _vmas[vma];
        area.Mm = mm;
        area.Start = start;
        area.End = end;
        area.Flags = flags;
        area.PgOff = pgOff;
        return vma;
    }

    /// <summary>A copy of an area with no links of its own (vm_area_dup); it does not yet hold its file.</summary>
    private int DuplicateArea(int vma)
    {
        int copy = _spaces.VmaSlab.Allocate();
        if (copy == 0)
            return 0;
        ref VmArea area = ref _vmas[copy];
        area = _vmas[vma];
        area.AnonVmaChain = 0;
        area.SharedPrev = 0;
        area.SharedNext = 0;
        area.Prev = 0;
        area.Next = 0;
        return copy;
    }

    /// <summary>Links an area into its address space, and among those of its inode.</summary>
    private void LinkArea(int mm, int vma)
    {
        _tree.Link(mm, vma);
        if (_vmas[vma].Inode != 0)
            _files.LinkArea(vma);
    }

    /// <summary>
    /// Unlinks an area and ends it (remove_vma): anon_vmas, file and slot. Its pages are gone or belong to another area.
    /// </summary>
    private void RemoveArea(int vma)
    {
        _tree.Unlink(vma);
        ref VmArea area = ref _vmas[vma];
        _anonVmas.Unlink(vma);
        if (area.Inode != 0)
            _files.UnlinkArea(vma);
        int file = area.File;
        _spaces.VmaSlab.Free(vma);
        if (file != 0)
            _files.Put(file);
    }

    /// <summary>Splits an area in two at an address inside it, within vm.max_map_count (split_vma).</summary>
    private Errno Split(int vma, ulong address, bool newBelow, out int other)
    {
        other = 0;
        return _mms[_vmas[vma].Mm].MapCount >= _settings.MaxMapCount ? Errno.ENOMEM : SplitUnchecked(vma, address, newBelow, out other);
    }

    /// <summary>Splits an area in two at an address inside it (__split_vma).</summary>
    /// <param name="vma">The area; it keeps the upper part when <paramref name="newBelow"/>, else the lower.</param>
    /// <param name="address">Where, page-aligned.</param>
    /// <param name="newBelow">Whether the new area is the lower part.</param>
    /// <param name="other">The new area.</param>
    private Errno SplitUnchecked(int vma, ulong address, bool newBelow, out int other)
    {
        other = 0;
        if (_vmas[vma].Name != VmaName.None)
            return Errno.EINVAL; // special_mapping_split
        if ((_vmas[vma].Flags & VmFlags.HugeTlb) != 0 && (address & ((1UL << HugePageShiftOf(_vmas[vma].File)) - 1)) != 0)
            return Errno.EINVAL; // hugetlb_vm_op_split
        int copy = DuplicateArea(vma);
        if (copy == 0)
            return Errno.ENOMEM;
        ref VmArea area = ref _vmas[vma];
        ref VmArea added = ref _vmas[copy];
        if (!_anonVmas.Clone(copy, vma))
        {
            _spaces.VmaSlab.Free(copy);
            return Errno.ENOMEM;
        }

        if (added.File != 0)
            _files.Get(added.File);
        _pageTables.SplitHugeAt(vma, address);
        ulong upperPgOff = area.PgOff + ((address - area.Start) >> 12);
        if (newBelow)
        {
            added.End = address;
            _tree.SetRange(vma, address, area.End, upperPgOff);
        }
        else
        {
            added.Start = address;
            added.PgOff = upperPgOff;
            _tree.SetRange(vma, area.Start, address, area.PgOff);
        }

        LinkArea(added.Mm, copy);
        other = copy;
        return Errno.None;
    }
}
