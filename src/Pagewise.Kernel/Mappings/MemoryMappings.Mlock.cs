using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.Mappings;

public sealed partial class MemoryMappings
{
    /// <summary>mlock(2) and mlock2(2) (do_mlock).</summary>
    public SysResult Mlock(in Current current, ulong start, ulong length, MlockFlags flags)
    {
        if ((flags & ~MlockFlags.OnFault) != 0)
            return Errno.EINVAL;
        if (!MmAccount.CanDoMlock(in current))
            return Errno.EPERM;
        length = PageAlign(length + (start & ~PageMask));
        start &= PageMask;
        ulong limit = current.Rlimit(RlimitResource.MemLock) >> 12;
        ulong locked = (length >> 12) + _mms[current.Mm].LockedVm;
        if (locked > limit && !current.CapIpcLock)
            locked -= CountLockedPages(current.Mm, start, length);
        if (locked > limit && !current.CapIpcLock)
            return Errno.ENOMEM;
        VmFlags lockFlags = VmFlags.Locked | ((flags & MlockFlags.OnFault) != 0 ? VmFlags.LockOnFault : VmFlags.None);
        Errno error = ApplyLockFlags(current.Mm, start, length, lockFlags);
        if (error == Errno.None)
            error = _pageTables.Populate(current.Mm, start, start + length, ignoreErrors: false);
        return error == Errno.None ? SysResult.Ok : error;
    }

    /// <summary>munlock(2).</summary>
    public SysResult Munlock(in Current current, ulong start, ulong length)
    {
        length = PageAlign(length + (start & ~PageMask));
        Errno error = ApplyLockFlags(current.Mm, start & PageMask, length, VmFlags.None);
        return error == Errno.None ? SysResult.Ok : error;
    }

    /// <summary>mlockall(2).</summary>
    public SysResult Mlockall(in Current current, MlockAllFlags flags)
    {
        if (flags is MlockAllFlags.None or MlockAllFlags.OnFault
            || (flags & ~(MlockAllFlags.Current | MlockAllFlags.Future | MlockAllFlags.OnFault)) != 0)
            return Errno.EINVAL;
        if (!MmAccount.CanDoMlock(in current))
            return Errno.EPERM;
        bool lockNow = (flags & MlockAllFlags.Current) != 0;
        if (lockNow && !current.CapIpcLock && _mms[current.Mm].TotalVm > current.Rlimit(RlimitResource.MemLock) >> 12)
            return Errno.ENOMEM;
        ApplyLockAll(current.Mm, flags);
        if (lockNow)
            _pageTables.Populate(current.Mm, 0, _mms[current.Mm].TaskSize, ignoreErrors: true);
        return SysResult.Ok;
    }

    /// <summary>munlockall(2).</summary>
    public SysResult Munlockall(in Current current)
    {
        ApplyLockAll(current.Mm, MlockAllFlags.None);
        return SysResult.Ok;
    }

    /// <summary>apply_mlockall_flags: errors of single areas are passed over.</summary>
    private void ApplyLockAll(int mm, MlockAllFlags flags)
    {
        VmFlags onFault = (flags & MlockAllFlags.OnFault) != 0 ? VmFlags.LockOnFault : VmFlags.None;
        ref MmStruct space = ref _mms[mm];
        space.DefFlags &= ~LockedMask;
        if ((flags & MlockAllFlags.Future) != 0)
        {
            space.DefFlags |= VmFlags.Locked | onFault;
            if ((flags & MlockAllFlags.Current) == 0)
                return;
        }

        VmFlags lockFlags = (flags & MlockAllFlags.Current) != 0 ? VmFlags.Locked | onFault : VmFlags.None;
        int vma = space.Mmap;
        while (vma != 0)
        {
            ulong end = _vmas[vma].End;
            MlockFixup(mm, vma, _vmas[vma].Start, end, lockFlags, out vma);
            vma = _vmas[vma].End > end ? vma : _vmas[vma].Next;
        }
    }

    /// <summary>apply_vma_lock_flags: a hole ends it with ENOMEM, what came before stays changed.</summary>
    private Errno ApplyLockFlags(int mm, ulong start, ulong length, VmFlags lockFlags)
    {
        ulong end = start + length;
        if (end < start)
            return Errno.EINVAL;
        if (end == start)
            return Errno.None;
        int vma = _tree.Lookup(mm, start);
        if (vma == 0)
            return Errno.ENOMEM;
        ulong done = start;
        while (vma != 0 && _vmas[vma].Start < end)
        {
            if (_vmas[vma].Start > done)
                return Errno.ENOMEM;
            ulong stop = Math.Min(_vmas[vma].End, end);
            Errno error = MlockFixup(mm, vma, done, stop, lockFlags, out vma);
            if (error != Errno.None)
                return error;
            done = stop;
            if (done >= end)
                break;
            vma = _vmas[vma].End > done ? vma : _vmas[vma].Next;
        }

        return done < end ? Errno.ENOMEM : Errno.None;
    }

    /// <summary>Locks or unlocks part of an area (mlock_fixup). Special and droppable areas are left as they are.</summary>
    private Errno MlockFixup(int mm, int vma, ulong start, ulong end, VmFlags lockFlags, out int result)
    {
        result = vma;
        VmFlags oldFlags = _vmas[vma].Flags;
        VmFlags newFlags = (oldFlags & ~LockedMask) | lockFlags;
        if (newFlags == oldFlags || (oldFlags & (VmFlags.Special | VmFlags.HugeTlb | VmFlags.Droppable)) != 0)
            return Errno.None;
        Errno error = ModifyFlags(vma, start, end, newFlags, out result);
        if (error != Errno.None)
        {
            result = vma;
            return error;
        }

        ulong pages = (end - start) >> 12;
        bool wasLocked = (oldFlags & VmFlags.Locked) != 0;
        bool isLocked = (newFlags & VmFlags.Locked) != 0;
        if (!isLocked)
            _mms[mm].LockedVm -= pages;
        else if (!wasLocked)
            _mms[mm].LockedVm += pages;
        SetFlags(result, newFlags);
        if (wasLocked != isLocked)
            _pageTables.ApplyLock(result, start, end);
        return Errno.None;
    }

    /// <summary>Pages already locked in a range (count_mm_mlocked_page_nr).</summary>
    private ulong CountLockedPages(int mm, ulong start, ulong length)
    {
        ulong end = start + length < start ? ulong.MaxValue : start + length;
        ulong pages = 0;
        for (int vma = _tree.FindIntersection(mm, start, end); vma != 0 && _vmas[vma].Start < end; vma = _vmas[vma].Next)
        {
            if ((_vmas[vma].Flags & VmFlags.Locked) != 0)
                pages += (Math.Min(_vmas[vma].End, end) - Math.Max(_vmas[vma].Start, start)) >> 12;
        }

        return pages;
    }
}
