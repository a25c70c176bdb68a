using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.Mappings;

public sealed partial class MemoryMappings
{
    /// <summary>
    /// mprotect(2) (do_mprotect_pkey): area by area, so what comes before a hole or a refusal stays changed.
    /// </summary>
    public SysResult Mprotect(in Current current, ulong start, ulong length, Prot prot)
    {
        const Prot Grows = Prot.GrowsDown | Prot.GrowsUp;
        Prot grows = prot & Grows;
        prot &= ~Grows;
        if (grows == Grows || (start & ~PageMask) != 0)
            return Errno.EINVAL;
        if (length == 0)
            return SysResult.Ok;
        ulong end = start + PageAlign(length);
        if (end <= start)
            return Errno.ENOMEM;
        if ((prot & ~(Prot.Read | Prot.Write | Prot.Exec | Prot.Sem)) != 0)
            return Errno.EINVAL;

        int vma = _tree.FindIntersection(current.Mm, start, end);
        if (vma == 0)
            return Errno.ENOMEM;
        if (grows == Prot.GrowsDown)
        {
            start = _vmas[vma].Start;
            if ((_vmas[vma].Flags & VmFlags.GrowsDown) == 0)
                return Errno.EINVAL;
        }
        else if (_vmas[vma].Start > start)
        {
            return Errno.ENOMEM;
        }
        else if (grows == Prot.GrowsUp)
        {
            return Errno.EINVAL; // no x86 area grows up
        }

        bool readImpliesExec = (current.Personality & Personality.ReadImpliesExec) != 0 && (prot & Prot.Read) != 0;
        ulong done = start;
        while (vma != 0 && _vmas[vma].Start < end)
        {
            ref readonly VmArea area = ref _vmas[vma];
            if (area.Start > done)
                return Errno.ENOMEM;
            VmFlags newFlags = (area.Flags & ~VmFlags.AccessMask) | ProtBits(prot);
            if (readImpliesExec && (area.Flags & VmFlags.MayExec) != 0)
                newFlags |= VmFlags.Exec;
            // VM_MAY* stand four bits above VM_*.
            if ((newFlags & ~(VmFlags)((ulong)newFlags >> 4) & VmFlags.AccessMask) != 0)
                return Errno.EACCES;
            ulong stop = Math.Min(area.End, end);
            Errno error = MprotectFixup(in current, vma, done, stop, newFlags, out vma);
            if (error != Errno.None)
                return error;
            done = stop;
            // A merge upwards may have carried the area past this stop.
            vma = _vmas[vma].End > done ? vma : _vmas[vma].Next;
            if (done >= end)
                break;
        }

        return done < end ? Errno.ENOMEM : SysResult.Ok;
    }

    /// <summary>Gives part of an area new access rights, with the accounts that go with them (mprotect_fixup).</summary>
    private Errno MprotectFixup(in Current current, int vma, ulong start, ulong end, VmFlags newFlags, out int result)
    {
        result = vma;
        ref readonly VmArea area = ref _vmas[vma];
        VmFlags oldFlags = area.Flags;
        if ((oldFlags & VmFlags.Sealed) != 0)
            return Errno.EPERM;
        if (newFlags == oldFlags)
            return Errno.None;
        ulong pages = (end - start) >> 12;
        ulong charged = 0;
        if ((newFlags & VmFlags.Write) != 0)
        {
            if (!_account.MayExpand(in current, newFlags, pages) && _account.MayExpand(in current, oldFlags, pages))
                return Errno.ENOMEM;
            if ((oldFlags & (VmFlags.Account | VmFlags.Write | VmFlags.HugeTlb | VmFlags.Shared | VmFlags.NoReserve)) == 0)
            {
                if (!_account.TryCharge(in current, pages))
                    return Errno.ENOMEM;
                charged = pages;
                newFlags |= VmFlags.Account;
            }
        }
        else if (_features.MprotectUnaccountsUntouched && (oldFlags & VmFlags.Account) != 0 && area.IsAnonymous && area.AnonVma == 0)
        {
            newFlags &= ~VmFlags.Account;
        }

        Errno error = ModifyFlags(vma, start, end, newFlags, out result);
        if (error != Errno.None)
        {
            _account.Uncharge(charged);
            return error;
        }

        SetFlags(result, newFlags);
        _pageTables.ChangeProtection(result, start, end);
        if ((oldFlags & VmFlags.Account) != 0 && (newFlags & VmFlags.Account) == 0)
            _account.Uncharge(pages);
        if ((oldFlags & (VmFlags.Write | VmFlags.Shared | VmFlags.Locked)) == VmFlags.Locked && (newFlags & VmFlags.Write) != 0)
            _pageTables.Populate(current.Mm, start, end, ignoreErrors: true);
        _account.StatAccount(current.Mm, oldFlags, -(long)pages);
        _account.StatAccount(current.Mm, newFlags, (long)pages);
        return Errno.None;
    }

    /// <summary>Sets an area's flags; an inode's count of writable shared mappings follows VM_SHARED and VM_MAYWRITE, which never change here.</summary>
    private void SetFlags(int vma, VmFlags flags) => _vmas[vma].Flags = flags | (_vmas[vma].Flags & VmFlags.MaybeGuard);
}
