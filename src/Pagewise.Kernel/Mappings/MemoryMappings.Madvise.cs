using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Mappings;

public sealed partial class MemoryMappings
{
    /// <summary>
    /// madvise(2): area by area; holes are passed over and answered with ENOMEM at the end (madvise_walk_vmas).
    /// </summary>
    public SysResult Madvise(in Current current, ulong start, ulong length, Madvice advice)
    {
        if (advice is Madvice.HwPoison or Madvice.SoftOffline || !IsKnown(advice))
            return Errno.EINVAL; // CONFIG_MEMORY_FAILURE is not modelled
        if ((start & ~PageMask) != 0)
            return Errno.EINVAL;
        ulong rounded = PageAlign(length);
        if (length != 0 && rounded == 0)
            return Errno.EINVAL;
        ulong end = start + rounded;
        if (end < start)
            return Errno.EINVAL;
        if (end == start)
            return SysResult.Ok;
        Errno error = advice is Madvice.PopulateRead or Madvice.PopulateWrite
            ? _pageTables.PopulateForAccess(current.Mm, start, end, advice == Madvice.PopulateWrite)
            : WalkAdvice(current.Mm, start, end, advice);
        return error == Errno.None ? SysResult.Ok : error;
    }

    private bool IsKnown(Madvice advice) => advice switch
    {
        >= Madvice.Normal and <= Madvice.DontNeed => true,
        >= Madvice.Free and <= Madvice.Collapse => true,
        Madvice.GuardInstall or Madvice.GuardRemove => _features.HasGuardRegions,
        _ => false,
    };

    private Errno WalkAdvice(int mm, ulong start, ulong end, Madvice advice)
    {
        Errno unmapped = Errno.None;
        int vma = _tree.FindVma(mm, start);
        while (true)
        {
            if (vma == 0)
                return Errno.ENOMEM;
            if (start < _vmas[vma].Start)
            {
                unmapped = Errno.ENOMEM;
                start = _vmas[vma].Start;
                if (start >= end)
                    return unmapped;
            }

            ulong stop = Math.Min(_vmas[vma].End, end);
            Errno error = AdviseArea(vma, start, stop, advice, out vma);
            if (error != Errno.None)
                return error;
            start = Math.Max(stop, _vmas[vma].End);
            if (start >= end)
                return unmapped;
            vma = _vmas[vma].Next;
        }
    }

    /// <summary>One area's part of an advice (madvise_vma_behavior).</summary>
    private Errno AdviseArea(int vma, ulong start, ulong end, Madvice advice, out int result)
    {
        result = vma;
        ref readonly VmArea area = ref _vmas[vma];
        VmFlags flags = area.Flags;
        if (!MayDiscard(in area, advice))
            return Errno.EPERM;
        VmFlags newFlags = flags;
        switch (advice)
        {
            case Madvice.Remove:
                if ((flags & VmFlags.Locked) != 0 || area.File == 0)
                    return Errno.EINVAL;
                if ((flags & (VmFlags.Shared | VmFlags.MayWrite)) != (VmFlags.Shared | VmFlags.MayWrite))
                    return Errno.EACCES;
                Errno refused = CheckPunchHole(in area, (area.PgOff << 12) + (start - area.Start), end - start);
                return refused != Errno.None ? refused : _pageTables.Advise(vma, start, end, advice);
            case Madvice.WillNeed or Madvice.Collapse:
                return _pageTables.Advise(vma, start, end, advice);
            case Madvice.Cold or Madvice.PageOut:
                if ((flags & (VmFlags.Locked | VmFlags.PfnMap | VmFlags.HugeTlb)) != 0)
                    return Errno.EINVAL;
                return _pageTables.Advise(vma, start, end, advice);
            case Madvice.DontNeed or Madvice.DontNeedLocked when (flags & VmFlags.HugeTlb) != 0:
                return (start & ((1UL << HugePageShiftOf(area.File)) - 1)) != 0 ? Errno.EINVAL : Errno.None;
            case Madvice.Free when (flags & VmFlags.HugeTlb) != 0:
                return Errno.EINVAL;
            case Madvice.DontNeed or Madvice.Free:
                if ((flags & (VmFlags.Locked | VmFlags.PfnMap)) != 0 || (advice == Madvice.Free && !area.IsAnonymous))
                    return Errno.EINVAL;
                return _pageTables.Advise(vma, start, end, advice);
            case Madvice.DontNeedLocked:
                return (flags & VmFlags.PfnMap) != 0 ? Errno.EINVAL : _pageTables.Advise(vma, start, end, Madvice.DontNeed);
            case Madvice.GuardInstall:
                if (!MayGuard(in area, mayBeLocked: false))
                    return Errno.EINVAL;
                // Fork copies the markers of an area that has an anon_vma, or that is flagged.
                if ((area.IsAnonymous || !_features.HasMaybeGuard) && !_anonVmas.Prepare(vma))
                    return Errno.EAGAIN;
                if (_features.HasMaybeGuard)
                    _vmas[vma].Flags |= VmFlags.MaybeGuard;
                return _pageTables.Advise(vma, start, end, advice);
            case Madvice.GuardRemove:
                return MayGuard(in area, mayBeLocked: true) ? _pageTables.Advise(vma, start, end, advice) : Errno.EINVAL;
            case Madvice.Normal:
                newFlags &= ~(VmFlags.RandRead | VmFlags.SeqRead);
                break;
            case Madvice.Sequential:
                newFlags = (newFlags & ~VmFlags.RandRead) | VmFlags.SeqRead;
                break;
            case Madvice.Random:
                newFlags = (newFlags & ~VmFlags.SeqRead) | VmFlags.RandRead;
                break;
            case Madvice.DontFork:
                newFlags |= VmFlags.DontCopy;
                break;
            case Madvice.DoFork:
                if ((flags & VmFlags.Io) != 0)
                    return Errno.EINVAL;
                newFlags &= ~VmFlags.DontCopy;
                break;
            case Madvice.WipeOnFork:
                if (area.File != 0 || (flags & VmFlags.Shared) != 0)
                    return Errno.EINVAL;
                newFlags |= VmFlags.WipeOnFork;
                break;
            case Madvice.KeepOnFork:
                if ((flags & VmFlags.Droppable) != 0)
                    return Errno.EINVAL;
                newFlags &= ~VmFlags.WipeOnFork;
                break;
            case Madvice.DontDump:
                newFlags |= VmFlags.DontDump;
                break;
            case Madvice.DoDump:
                if (((flags & VmFlags.HugeTlb) == 0 && (flags & VmFlags.Special) != 0) || (flags & VmFlags.Droppable) != 0)
                    return Errno.EINVAL;
                newFlags &= ~VmFlags.DontDump;
                break;
            case Madvice.Mergeable:
                if (IsKsmCompatible(flags))
                    newFlags |= VmFlags.Mergeable;
                break;
            case Madvice.Unmergeable:
                newFlags &= ~VmFlags.Mergeable;
                break;
            case Madvice.HugePage:
                newFlags = (newFlags & ~VmFlags.NoHugePage) | VmFlags.HugePage;
                break;
            case Madvice.NoHugePage:
                newFlags = (newFlags & ~VmFlags.HugePage) | VmFlags.NoHugePage;
                break;
        }

        if (newFlags == flags)
            return Errno.None;
        Errno error = ModifyFlags(vma, start, end, newFlags, out result);
        if (error != Errno.None)
            return error == Errno.ENOMEM ? Errno.EAGAIN : error;
        SetFlags(result, newFlags);
        return Errno.None;
    }

    /// <summary>What fallocate(FALLOC_FL_PUNCH_HOLE) asks of a file (vfs_fallocate, shmem_fallocate).</summary>
    private Errno CheckPunchHole(in VmArea area, ulong offsetBytes, ulong lengthBytes)
    {
        ref readonly Inode inode = ref _inodes.Inodes[area.Inode];
        if (offsetBytes > long.MaxValue)
            return Errno.EINVAL;
        if (offsetBytes + lengthBytes > inode.MaxBytes)
            return Errno.EFBIG;
        return (inode.Seals & (uint)(FileSeals.Write | FileSeals.FutureWrite)) != 0 ? Errno.EPERM : Errno.None;
    }

    /// <summary>
    /// A sealed area whose content the program could not have overwritten keeps it (can_modify_vma_madv): only
    /// writable anonymous memory, and file memory that has no private pages to lose, may be discarded.
    /// </summary>
    private static bool MayDiscard(in VmArea area, Madvice advice)
    {
        bool discards = advice is Madvice.Free or Madvice.DontNeed or Madvice.DontNeedLocked or Madvice.Remove
            or Madvice.DontFork or Madvice.WipeOnFork or Madvice.GuardInstall;
        return !discards
            || (area.Flags & VmFlags.Sealed) == 0
            || !area.IsAnonymous
            || (area.Flags & VmFlags.Write) != 0;
    }

    /// <summary>is_valid_guard_vma; until 6.15 writable anonymous memory only.</summary>
    private bool MayGuard(in VmArea area, bool mayBeLocked)
    {
        VmFlags forbidden = VmFlags.Special | VmFlags.HugeTlb | (mayBeLocked ? VmFlags.None : VmFlags.Locked);
        if ((area.Flags & forbidden) != 0)
            return false;
        return _features.HasGuardRegionsInFiles || (area.IsAnonymous && (area.Flags & VmFlags.MayWrite) != 0);
    }

    /// <summary>vma_ksm_compatible.</summary>
    private static bool IsKsmCompatible(VmFlags flags) =>
        (flags & (VmFlags.Shared | VmFlags.MayShare | VmFlags.Special | VmFlags.HugeTlb | VmFlags.Droppable)) == 0;
}
