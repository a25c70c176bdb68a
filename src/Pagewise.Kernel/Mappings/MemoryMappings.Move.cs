using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.Mappings;

public sealed partial class MemoryMappings
{
    /// <summary>Makes an area at the new place, moves the pages there and unmaps the old place (move_vma).</summary>
    private SysResult MoveArea(in Current current, ref Remap remap)
    {
        int mm = current.Mm;
        ref MmStruct space = ref _mms[mm];
        if (space.MapCount >= _settings.MaxMapCount - 3)
            return Errno.ENOMEM;
        Errno error = MaySplitForMove(in remap);
        if (error != Errno.None)
            return error;
        bool keepsSource = (remap.Flags & MremapFlags.DontUnmap) != 0;
        bool accounted = (_vmas[remap.Vma].Flags & VmFlags.Account) != 0;
        ulong charge = (keepsSource ? remap.NewLength : remap.NewLength - remap.OldLength) >> 12;
        if (accounted && !_account.TryCharge(in current, charge))
            return Errno.ENOMEM;

        int newVma = CopyArea(mm, ref remap);
        if (newVma == 0)
        {
            if (accounted)
                _account.Uncharge(charge);
            return Errno.ENOMEM;
        }

        bool moved = _pageTables.Move(remap.Vma, remap.Address, newVma, remap.NewAddress, remap.OldLength);
        if (!moved)
        {
            // No page table for the new place: go back, and unmap the new place in place of the old.
            _pageTables.Move(newVma, remap.NewAddress, remap.Vma, remap.Address, remap.OldLength);
            remap.Vma = newVma;
            remap.OldLength = remap.NewLength;
            remap.Address = remap.NewAddress;
        }

        ulong hiwater = space.HiwaterVm;
        AccountRemap(mm, ref remap, _vmas[remap.Vma].Flags, remap.NewLength >> 12);
        if (moved && keepsSource && remap.IsLocked && !_features.DontUnmapCountsLockedTwice)
            space.LockedVm -= remap.NewLength >> 12;
        if (moved && keepsSource)
            CompleteDontUnmap(in remap, newVma);
        else
            UnmapSource(mm, in remap, keepsSource);
        space.HiwaterVm = hiwater;
        return moved ? SysResult.Of(remap.NewAddress) : Errno.ENOMEM;
    }

    /// <summary>A special mapping moves as a whole or not at all (may_split).</summary>
    private Errno MaySplitForMove(in Remap remap)
    {
        ref readonly VmArea area = ref _vmas[remap.Vma];
        bool whole = area.Start == remap.Address && area.End == remap.Address + remap.OldLength;
        return area.Name != VmaName.None && !whole ? Errno.EINVAL : Errno.None;
    }

    /// <summary>
    /// The area at the new place (copy_vma): a neighbour there that takes it in, else a copy. Anonymous memory never
    /// touched takes the page offsets of its new address, so it may even merge with what it came from.
    /// </summary>
    private int CopyArea(int mm, ref Remap remap)
    {
        ref readonly VmArea area = ref _vmas[remap.Vma];
        ulong start = area.Start;
        ulong pgOff = area.IsAnonymous && area.AnonVma == 0 ? remap.NewAddress >> 12 : area.PageIndex(remap.Address);
        ulong end = remap.NewAddress + remap.NewLength;
        int next = _tree.FindVma(mm, remap.NewAddress);
        var range = new MergeRange
        {
            Prev = _tree.Previous(mm, next),
            Next = next,
            Start = remap.NewAddress,
            End = end,
            PgOff = pgOff,
            Flags = area.Flags,
            File = area.File,
            Policy = area.Policy,
            AnonVma = area.AnonVma,
            CopiedFrom = remap.Vma,
        };
        int merged = MergeNew(ref range);
        if (merged != 0)
        {
            // The source itself may have been taken in.
            if (start >= _vmas[merged].Start && start < _vmas[merged].End)
                remap.Vma = merged;
            return merged;
        }

        int copy = DuplicateArea(remap.Vma);
        if (copy == 0)
            return 0;
        ref VmArea added = ref _vmas[copy];
        added.Start = remap.NewAddress;
        added.End = end;
        added.PgOff = pgOff;
        if (!_anonVmas.Clone(copy, remap.Vma))
        {
            _spaces.VmaSlab.Free(copy);
            return 0;
        }

        if (added.File != 0)
            _files.Get(added.File);
        LinkArea(mm, copy);
        return copy;
    }

    /// <summary>The source of MREMAP_DONTUNMAP stays, empty and unlocked (dontunmap_complete).</summary>
    private void CompleteDontUnmap(in Remap remap, int newVma)
    {
        ref VmArea source = ref _vmas[remap.Vma];
        source.Flags &= ~(_features.DontUnmapKeepsCharge ? LockedMask : LockedMask | VmFlags.Account);
        if (newVma != remap.Vma && source.Start == remap.Address && source.End == remap.Address + remap.OldLength)
            _anonVmas.Unlink(remap.Vma);
    }

    /// <summary>
    /// Unmaps the old place without giving its charge back, which went with the move (unmap_source_vma). What is left
    /// of the old area on either side stays charged.
    /// </summary>
    private void UnmapSource(int mm, in Remap remap, bool keepsSource)
    {
        ref VmArea source = ref _vmas[remap.Vma];
        bool accounted = (source.Flags & VmFlags.Account) != 0 && !keepsSource;
        ulong start = source.Start;
        ulong end = source.End;
        if (accounted)
            source.Flags &= ~VmFlags.Account;
        if (DoMunmap(mm, remap.Address, remap.OldLength) != Errno.None)
        {
            _spaces.CommittedAs += (long)(remap.OldLength >> 12);
            return;
        }

        if (!accounted)
            return;
        if (start < remap.Address)
            _vmas[_tree.Lookup(mm, remap.Address - PageSize)].Flags |= VmFlags.Account;
        if (end > remap.Address + remap.OldLength)
            _vmas[_tree.Lookup(mm, remap.Address + remap.OldLength)].Flags |= VmFlags.Account;
    }
}
