using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.Mappings;

public sealed partial class MemoryMappings
{
    /// <summary>munmap(2).</summary>
    public SysResult Munmap(in Current current, ulong address, ulong length)
    {
        Errno error = DoMunmap(current.Mm, address, length);
        return error == Errno.None ? SysResult.Ok : error;
    }

    /// <summary>Checks the range and unmaps it (do_vmi_munmap).</summary>
    private Errno DoMunmap(int mm, ulong address, ulong length)
    {
        ulong taskSize = _mms[mm].TaskSize;
        if ((address & ~PageMask) != 0 || address > taskSize || length > taskSize - address)
            return Errno.EINVAL;
        length = PageAlign(length);
        return length == 0 ? Errno.EINVAL : UnmapAligned(mm, address, address + length);
    }

    private Errno UnmapAligned(int mm, ulong start, ulong end)
    {
        UnmapRange range = default;
        Errno error = GatherUnmap(mm, start, end, ref range);
        if (error == Errno.None)
            CompleteUnmap(mm, in range);
        return error;
    }

    /// <summary>
    /// Splits the areas at both ends of a range and adds up what it holds (vms_gather_munmap_vmas). A refusal leaves
    /// the splits made so far.
    /// </summary>
    private Errno GatherUnmap(int mm, ulong start, ulong end, ref UnmapRange range)
    {
        int vma = _tree.FindVma(mm, start);
        if (vma == 0 || _vmas[vma].Start >= end)
        {
            range.Prev = _tree.Previous(mm, vma);
            range.Next = vma;
            return Errno.None;
        }

        if (start > _vmas[vma].Start)
        {
            if (end < _vmas[vma].End && _mms[mm].MapCount >= _settings.MaxMapCount)
                return Errno.ENOMEM;
            if (IsSealed(vma))
                return Errno.EPERM;
            Errno error = SplitUnchecked(vma, start, newBelow: true, out _);
            if (error != Errno.None)
                return error;
        }

        int first = vma;
        ulong pages = 0;
        ulong accounted = 0;
        while (vma != 0 && _vmas[vma].Start < end)
        {
            if (IsSealed(vma))
                return Errno.EPERM;
            if (_vmas[vma].End > end)
            {
                Errno error = SplitUnchecked(vma, end, newBelow: false, out _);
                if (error != Errno.None)
                    return error;
            }

            ref readonly VmArea area = ref _vmas[vma];
            pages += area.Pages;
            if ((area.Flags & VmFlags.Account) != 0)
                accounted += area.Pages;
            vma = area.Next;
        }

        range = new UnmapRange
        {
            First = first,
            Prev = _vmas[first].Prev,
            Next = vma,
            Start = start,
            End = end,
            Pages = pages,
            Accounted = accounted,
        };
        return Errno.None;
    }

    /// <summary>Takes the gathered areas away with their pages and tables, and off the books (vms_complete_munmap_vmas).</summary>
    private void CompleteUnmap(int mm, in UnmapRange range)
    {
        if (range.First == 0)
            return;
        _account.UpdateHiwaterVm(mm);
        int vma = range.First;
        ulong floor = _vmas[vma].Prev != 0 ? _vmas[_vmas[vma].Prev].End : 0;
        ulong first = _vmas[vma].Start;
        ulong last = first;
        int next = vma;
        _pageTables.BeginUnmap(mm);
        while (next != 0 && _vmas[next].Start < range.End)
        {
            ref readonly VmArea area = ref _vmas[next];
            _pageTables.Zap(next, area.Start, area.End, keepMarkers: false);
            last = area.End;
            next = area.Next;
        }

        _pageTables.FreeTables(mm, first, last, floor, next != 0 ? _vmas[next].Start : 0);
        _pageTables.FinishUnmap();
        while (vma != next)
        {
            ref readonly VmArea area = ref _vmas[vma];
            ulong pages = area.Pages;
            if ((area.Flags & VmFlags.Locked) != 0)
                _mms[mm].LockedVm -= pages;
            _account.StatAccount(mm, area.Flags, -(long)pages);
            int following = area.Next;
            RemoveArea(vma);
            vma = following;
        }

        _account.Uncharge(range.Accounted);
    }

    private bool IsSealed(int vma) => (_vmas[vma].Flags & VmFlags.Sealed) != 0;

    /// <summary>Pages mapped in a range (count_vma_pages_range).</summary>
    private ulong CountPages(int mm, ulong start, ulong end)
    {
        ulong pages = 0;
        for (int vma = _tree.FindIntersection(mm, start, end); vma != 0 && _vmas[vma].Start < end; vma = _vmas[vma].Next)
            pages += (Math.Min(_vmas[vma].End, end) - Math.Max(_vmas[vma].Start, start)) >> 12;
        return pages;
    }
}
