using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.Mappings;

public sealed partial class MemoryMappings
{
    /// <summary>brk(2): moves the break, page by page of memory, and returns where it then is.</summary>
    public ulong Brk(in Current current, ulong brk)
    {
        ref MmStruct space = ref _mms[current.Mm];
        ulong old = space.Brk;
        if (brk < space.StartBrk)
            return old;
        ulong dataLimit = current.Rlimit(RlimitResource.Data);
        if (dataLimit != Rlimit.Infinity && unchecked(brk - space.StartBrk + (space.EndData - space.StartData)) > dataLimit)
            return old;

        ulong newEnd = PageAlign(brk);
        ulong oldEnd = PageAlign(old);
        if (newEnd == oldEnd)
            return space.Brk = brk;
        if (brk <= old)
        {
            int vma = _tree.FindIntersection(current.Mm, newEnd, oldEnd);
            if (vma == 0)
                return old;
            return UnmapAligned(current.Mm, newEnd, oldEnd) == Errno.None ? space.Brk = brk : old;
        }

        ulong length = newEnd - oldEnd;
        if (CheckBrkLimits(in current, oldEnd, length) != Errno.None)
            return old;
        int next = _tree.FindVma(current.Mm, oldEnd);
        if (next != 0 && newEnd + PageSize > _unmappedArea.StartGap(in _vmas[next]))
            return old;
        if (DoBrkFlags(in current, oldEnd, length, VmFlags.None, space.StartBrk) != Errno.None)
            return old;
        space.Brk = brk;
        if ((space.DefFlags & VmFlags.Locked) != 0)
            _pageTables.Populate(current.Mm, oldEnd, newEnd, ignoreErrors: true);
        return brk;
    }

    /// <summary>Maps anonymous memory at a fixed address for execve: bss (vm_brk_flags).</summary>
    /// <param name="current">The caller.</param>
    /// <param name="address">First address, page-aligned.</param>
    /// <param name="length">Bytes; none is done for 0.</param>
    /// <param name="isExecutable">Whether the segment is.</param>
    internal Errno MapBss(in Current current, ulong address, ulong length, bool isExecutable)
    {
        ulong aligned = PageAlign(length);
        if (aligned < length)
            return Errno.ENOMEM;
        if (aligned == 0)
            return Errno.None;
        Errno error = CheckBrkLimits(in current, address, aligned);
        if (error == Errno.None)
            error = DoMunmap(current.Mm, address, aligned);
        return error != Errno.None ? error : DoBrkFlags(in current, address, aligned, isExecutable ? VmFlags.Exec : VmFlags.None, lowest: 0);
    }

    /// <summary>check_brk_limits.</summary>
    private Errno CheckBrkLimits(in Current current, ulong address, ulong length)
    {
        SysResult place = _unmappedArea.Get(in current, Placement.Plain, address, length, 0, MapFlags.Fixed);
        if (place.IsError)
            return place.Errno;
        return _account.MlockFutureOk(in current, _mms[current.Mm].DefFlags, length) ? Errno.None : Errno.EAGAIN;
    }

    /// <summary>Adds anonymous memory: to the area that ends there, when alike, else as a new one (do_brk_flags).</summary>
    private Errno DoBrkFlags(in Current current, ulong address, ulong length, VmFlags flags, ulong lowest)
    {
        ref MmStruct space = ref _mms[current.Mm];
        ulong pages = length >> 12;
        flags |= VmFlags.Read | VmFlags.Write | MayAccess | VmFlags.Account | space.DefFlags;
        if ((current.Personality & Personality.ReadImpliesExec) != 0)
            flags |= VmFlags.Exec;
        if (!_account.MayExpand(in current, flags, pages)
            || space.MapCount > _settings.MaxMapCount
            || !_account.TryCharge(in current, pages))
            return Errno.ENOMEM;

        int next = _tree.FindVma(current.Mm, address);
        int prev = _tree.Previous(current.Mm, next);
        var range = new MergeRange
        {
            // The break never extends what lies wholly below start_brk: bss stays an area of its own.
            Prev = prev != 0 && _vmas[prev].End > lowest ? prev : 0,
            Next = next,
            Start = address,
            End = address + length,
            PgOff = address >> 12,
            Flags = flags,
            JustExpand = true,
        };
        if (MergeNew(ref range) == 0)
        {
            int vma = NewArea(current.Mm, address, address + length, flags, address >> 12);
            if (vma == 0)
            {
                _account.Uncharge(pages);
                return Errno.ENOMEM;
            }

            LinkArea(current.Mm, vma);
        }

        space.TotalVm += pages;
        space.DataVm += pages;
        if ((flags & VmFlags.Locked) != 0)
            space.LockedVm += pages;
        return Errno.None;
    }
}
