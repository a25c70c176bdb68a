using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Mappings;

public sealed partial class MemoryMappings
{
    /// <summary>mremap(2): resizes an area in place, or moves part of it (do_mremap).</summary>
    public SysResult Mremap(in Current current, ulong address, ulong oldLength, ulong newLength, MremapFlags flags, ulong newAddress)
    {
        var remap = new Remap
        {
            Address = address,
            OldLength = oldLength,
            NewLength = newLength,
            NewAddress = newAddress,
            Flags = flags,
        };
        Errno error = CheckMremap(current.Mm, ref remap);
        if (error != Errno.None)
            return error;
        if (_features.MremapMovesManyAreas && (flags & MremapFlags.Fixed) != 0 && remap.OldLength == remap.NewLength)
            return MoveAreas(in current, ref remap);
        return DoMremap(in current, ref remap);
    }

    private SysResult DoMremap(in Current current, ref Remap remap)
    {
        remap.Vma = _tree.Lookup(current.Mm, remap.Address);
        Errno error = PrepareRemap(in current, ref remap);
        if (error != Errno.None)
            return error;
        SysResult result = remap.HasNewAddress ? MremapTo(in current, ref remap) : MremapAt(in current, ref remap);
        if (!result.IsError && remap.IsLocked && remap.NewLength > remap.OldLength)
            _pageTables.Populate(current.Mm, result.Address + remap.OldLength, result.Address + remap.NewLength, ignoreErrors: true);
        return result;
    }

    /// <summary>What mremap checks before it looks at any area (check_mremap_params); rounds the lengths.</summary>
    private Errno CheckMremap(int mm, ref Remap remap)
    {
        const MremapFlags Known = MremapFlags.MayMove | MremapFlags.Fixed | MremapFlags.DontUnmap;
        bool checksAddressNow = _features.MremapMovesManyAreas;
        bool resizes = remap.OldLength != remap.NewLength;
        if ((remap.Flags & ~Known) != 0 || (remap.Address & ~PageMask) != 0)
            return Errno.EINVAL;
        remap.OldLength = PageAlign(remap.OldLength);
        remap.NewLength = PageAlign(remap.NewLength);
        if (checksAddressNow)
            resizes = remap.OldLength != remap.NewLength;
        if (remap.NewLength == 0 || (checksAddressNow && remap.NewLength > _mms[mm].TaskSize))
            return Errno.EINVAL;
        if (!remap.HasNewAddress)
            return Errno.None;
        if ((remap.Flags & MremapFlags.MayMove) == 0 || ((remap.Flags & MremapFlags.DontUnmap) != 0 && resizes))
            return Errno.EINVAL;
        return checksAddressNow ? CheckNewAddress(mm, in remap) : Errno.None;
    }

    /// <summary>What an address given must be: before 6.17 this is looked at only once the area is found.</summary>
    private Errno CheckNewAddress(int mm, in Remap remap)
    {
        ref readonly MmStruct space = ref _mms[mm];
        if ((remap.NewAddress & ~PageMask) != 0
            || remap.NewLength > space.TaskSize
            || remap.NewAddress > space.TaskSize - remap.NewLength
            || remap.Overlaps)
            return Errno.EINVAL;
        // A move may split both ranges at both ends; refuse before anything is unmapped.
        return space.MapCount + 2 >= _settings.MaxMapCount - 3 ? Errno.ENOMEM : Errno.None;
    }

    /// <summary>What the area must allow (check_prep_vma).</summary>
    private Errno PrepareRemap(in Current current, ref Remap remap)
    {
        if (remap.Vma == 0)
            return Errno.EFAULT;
        if (IsSealed(remap.Vma))
            return Errno.EPERM;
        if ((_vmas[remap.Vma].Flags & VmFlags.HugeTlb) != 0 && !AlignHugeTlb(ref remap))
            return Errno.EINVAL;
        if (IsOnlyUnmapping(in remap))
            return Errno.None;
        if (_features.MremapMovesManyAreas)
            return CheckGrowth(in current, ref remap, remap.IsShrink ? remap.NewLength : remap.OldLength);
        // Before 6.17 a move to a given address is checked after the destination is unmapped.
        return remap.HasNewAddress ? Errno.None : CheckGrowth(in current, ref remap, remap.OldLength);
    }

    /// <summary>hugetlbfs areas move and shrink by whole huge pages and never grow (align_hugetlb).</summary>
    private bool AlignHugeTlb(ref Remap remap)
    {
        ulong mask = (1UL << HugePageShiftOf(_vmas[remap.Vma].File)) - 1;
        remap.OldLength = (remap.OldLength + mask) & ~mask;
        remap.NewLength = (remap.NewLength + mask) & ~mask;
        return (remap.Address & mask) == 0 && (remap.NewAddress & mask) == 0 && remap.NewLength <= remap.OldLength;
    }

    /// <summary>A shrink in place, or a call that changes nothing (not vrm_will_map_new).</summary>
    private static bool IsOnlyUnmapping(in Remap remap) => !remap.HasNewAddress && remap.OldLength >= remap.NewLength;

    private Errno CheckGrowth(in Current current, ref Remap remap, ulong oldLength)
    {
        ref readonly VmArea area = ref _vmas[remap.Vma];
        if (remap.OldLength == 0 && (area.Flags & (VmFlags.Shared | VmFlags.MayShare)) == 0)
            return Errno.EINVAL;
        bool fixedSize = (area.Flags & (VmFlags.DontExpand | VmFlags.PfnMap)) != 0;
        if ((remap.Flags & MremapFlags.DontUnmap) != 0 && fixedSize)
            return Errno.EINVAL;
        if (oldLength > area.End - remap.Address)
            return Errno.EFAULT;
        if (remap.NewLength == oldLength)
            return Errno.None;
        ulong pgOff = area.PageIndex(remap.Address);
        if (pgOff + (remap.NewLength >> 12) < pgOff)
            return Errno.EINVAL;
        if (fixedSize)
            return Errno.EFAULT;
        ulong delta = remap.NewLength - remap.OldLength;
        if (!_account.MlockFutureOk(in current, area.Flags, delta))
            return Errno.EAGAIN;
        return _account.MayExpand(in current, area.Flags, delta >> 12) ? Errno.None : Errno.ENOMEM;
    }

    /// <summary>
    /// Same-size MREMAP_FIXED from 6.17 on: every area in the range moves, and the gaps between them stay (remap_move).
    /// </summary>
    private SysResult MoveAreas(in Current current, ref Remap whole)
    {
        ulong start = whole.Address;
        ulong end = start + whole.OldLength;
        ulong target = whole.NewAddress;
        ulong lastEnd = 0;
        bool seen = false;
        SysResult result = Errno.EFAULT;
        int vma = _tree.FindIntersection(current.Mm, start, end);
        while (vma != 0 && _vmas[vma].Start < end)
        {
            ref readonly VmArea area = ref _vmas[vma];
            ulong from = Math.Max(area.Start, start);
            ulong length = Math.Min(end, area.End) - from;
            if (!seen && start < area.Start)
                return Errno.EFAULT;
            ulong gap = seen ? area.Start - lastEnd : 0;
            lastEnd = area.End;
            if (!MayMoveWithOthers(in area) && (seen || area.End < end))
                return Errno.EFAULT;
            var remap = new Remap
            {
                Address = from,
                OldLength = length,
                NewLength = length,
                NewAddress = target + gap,
                Flags = whole.Flags,
                Vma = vma,
            };
            Errno error = PrepareRemap(in current, ref remap);
            if (error != Errno.None)
                return error;
            SysResult moved = MremapTo(in current, ref remap);
            if (moved.IsError)
                return moved;
            if (!seen)
                result = moved;
            seen = true;
            target = moved.Address + length;
            vma = from + length < end ? _tree.FindIntersection(current.Mm, from + length, end) : 0;
        }

        return result;
    }

    /// <summary>vma_multi_allowed: memory whose placement a file's own rules could shift moves alone.</summary>
    private bool MayMoveWithOthers(in VmArea area) =>
        area.File == 0 || (!area.IsShm && _inodes.Inodes[_files.Files[area.File].Inode].Kind != InodeKind.DevZero);

    /// <summary>Moves an area to an address given or wanted (mremap_to).</summary>
    private SysResult MremapTo(in Current current, ref Remap remap)
    {
        int mm = current.Mm;
        Errno error = _features.MremapMovesManyAreas ? Errno.None : CheckNewAddress(mm, in remap);
        if (error != Errno.None)
            return error;
        if ((remap.Flags & MremapFlags.Fixed) != 0)
        {
            error = DoMunmap(mm, remap.NewAddress, remap.NewLength);
            if (error != Errno.None)
                return error;
            remap.Vma = _tree.Lookup(mm, remap.Address);
            if (remap.Vma == 0)
                return Errno.EFAULT;
        }

        if (remap.IsShrink)
        {
            error = DoMunmap(mm, remap.Address + remap.NewLength, remap.OldLength - remap.NewLength);
            if (error != Errno.None)
                return error;
            remap.OldLength = remap.NewLength;
            remap.Vma = _tree.Lookup(mm, remap.Address);
            if (remap.Vma == 0)
                return Errno.EFAULT;
        }

        if (!_features.MremapMovesManyAreas)
        {
            error = CheckGrowth(in current, ref remap, remap.OldLength);
            if (error != Errno.None)
                return error;
        }

        if ((remap.Flags & MremapFlags.DontUnmap) != 0
            && !_account.MayExpand(in current, _vmas[remap.Vma].Flags, remap.OldLength >> 12))
            return Errno.ENOMEM;
        SysResult place = PlaceRemap(in current, in remap, remap.NewAddress);
        if (place.IsError)
            return place;
        remap.NewAddress = place.Address;
        return MoveArea(in current, ref remap);
    }

    private SysResult MremapAt(in Current current, ref Remap remap)
    {
        if (remap.OldLength == remap.NewLength)
            return SysResult.Of(remap.Address);
        if (remap.IsShrink)
        {
            Errno error = DoMunmap(current.Mm, remap.Address + remap.NewLength, remap.OldLength - remap.NewLength);
            return error == Errno.None ? SysResult.Of(remap.Address) : error;
        }

        if (CanExpandInPlace(current.Mm, in remap))
            return ExpandInPlace(in current, ref remap);
        if ((remap.Flags & MremapFlags.MayMove) == 0)
            return Errno.ENOMEM;
        SysResult place = PlaceRemap(in current, in remap, 0);
        if (place.IsError)
            return place;
        remap.NewAddress = place.Address;
        return MoveArea(in current, ref remap);
    }

    /// <summary>vrm_set_new_addr: as mmap of the area's own file would be placed.</summary>
    private SysResult PlaceRemap(in Current current, in Remap remap, ulong address)
    {
        ref readonly VmArea area = ref _vmas[remap.Vma];
        MapFlags flags = (remap.Flags & MremapFlags.Fixed) != 0 ? MapFlags.Fixed : MapFlags.None;
        if ((area.Flags & VmFlags.MayShare) != 0)
            flags |= MapFlags.Shared;
        return _unmappedArea.Get(in current, PlacementOf(area.File, flags), address, remap.NewLength, area.PageIndex(remap.Address), flags, HugePageShiftOf(area.File));
    }

    private bool CanExpandInPlace(int mm, in Remap remap)
    {
        ref readonly VmArea area = ref _vmas[remap.Vma];
        if (area.End - remap.Address != remap.OldLength)
            return false;
        ulong end = area.End + (remap.NewLength - remap.OldLength);
        return end >= area.End && end <= _mms[mm].TaskSize && _tree.FindIntersection(mm, area.End, end) == 0;
    }

    private SysResult ExpandInPlace(in Current current, ref Remap remap)
    {
        ref readonly VmArea area = ref _vmas[remap.Vma];
        VmFlags flags = area.Flags;
        ulong delta = remap.NewLength - remap.OldLength;
        bool accounted = (flags & VmFlags.Account) != 0;
        if (accounted && !_account.TryCharge(in current, delta >> 12))
            return Errno.ENOMEM;
        var range = new MergeRange
        {
            Prev = remap.Vma,
            Next = area.Next,
            Start = area.End,
            End = area.End + delta,
            PgOff = area.PgOff + area.Pages,
            Flags = flags,
            File = area.File,
            Policy = area.Policy,
            AnonVma = area.AnonVma,
        };
        if (MergeNew(ref range) == 0)
        {
            if (accounted)
                _account.Uncharge(delta >> 12);
            return Errno.ENOMEM;
        }

        AccountRemap(current.Mm, ref remap, flags, delta >> 12);
        return SysResult.Of(remap.Address);
    }

    /// <summary>vrm_stat_account.</summary>
    private void AccountRemap(int mm, ref Remap remap, VmFlags flags, ulong pages)
    {
        _account.StatAccount(mm, flags, (long)pages);
        if ((flags & VmFlags.Locked) == 0)
            return;
        _mms[mm].LockedVm += pages;
        remap.IsLocked = true;
    }
}
