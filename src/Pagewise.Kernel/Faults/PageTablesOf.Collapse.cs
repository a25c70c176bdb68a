using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Faults;

internal sealed partial class PageTablesOf<TFormat>
{
    /// <summary>
    /// madvise_collapse (mm/khugepaged.c): makes 2 MiB pages of the small ones in the whole blocks of a range, missing
    /// ones as zeroes. Only anonymous memory; files and shared memory give EINVAL, as Linux gives for most.
    /// </summary>
    private Errno Collapse(int vma, ulong start, ulong end)
    {
        ref VmArea area = ref _vmas[vma];
        const ulong mask = HugePage.SizeBytes - 1;
        if (!FaultHandler<TFormat>.HasHugePages || !area.IsAnonymous || (area.Flags & (VmFlags.NoHugePage | VmFlags.Special | VmFlags.HugeTlb)) != 0)
            return Errno.EINVAL;
        if (area.LengthBytes < HugePage.SizeBytes || ((area.End - HugePage.SizeBytes) & ~mask) < area.Start)
            return Errno.EINVAL;
        ulong first = (start + mask) & ~mask;
        ulong last = end & ~mask;
        Errno failure = first <= last ? Errno.None : Errno.EINVAL;
        for (ulong address = first; address < last; address += HugePage.SizeBytes)
        {
            Errno error = CollapseBlock(vma, ref area, address);
            if (error == Errno.ENOMEM)
                return error;
            if (error != Errno.None)
                failure = error;
        }

        return failure;
    }

    /// <summary>collapse_huge_page for one block of 2 MiB; one that is huge already succeeds.</summary>
    private Errno CollapseBlock(int vma, ref VmArea area, ulong address)
    {
        ulong pmd = _tables.Find(area.Mm, address, 2, out int level);
        ulong entry = _tables.Load(pmd);
        if (level != 2 || entry == 0)
            return Errno.EINVAL;
        if (Pte<TFormat>.IsLarge(entry))
            return (entry & PteBits.Special) == 0 ? Errno.None : Errno.EINVAL;
        ulong table = entry & PteBits.AddressMask;
        if (area.AnonVma == 0 || !HasOnlyPages(table))
            return Errno.EINVAL;
        uint head = _allocator.AllocPages(Gfp.UserPage | Gfp.NoRetry, HugePage.Order);
        if (head == 0)
            return Errno.ENOMEM;
        if (!_lru.Memcgs.ChargeFrame(head, Gfp.UserPage | Gfp.NoRetry, HugePage.Frames))
        {
            _allocator.FreePages(head, HugePage.Order);
            return Errno.ENOMEM;
        }

        // To make room, reclaim may have taken pages of the block.
        if (!HasOnlyPages(table))
        {
            _allocator.FreePages(head, HugePage.Order);
            return Errno.EAGAIN;
        }

        ref MmStruct mm = ref _mms[area.Mm];
        for (uint i = 0; i < HugePage.Frames; i++)
        {
            ulong at = table + (i * (ulong)TFormat.EntryBytes);
            ulong small = _tables.Load(at);
            _tables.Store(at, 0);
            if (small == 0 || (small & PteBits.Special) != 0)
            {
                _memMap.Clear(head + i);
                continue;
            }

            uint pfn = Pte<TFormat>.PfnOf(small);
            _memMap.Copy(head + i, pfn);
            _rmap.Remove(ref mm, pfn);
        }

        _rmap.AddNewHugeAnon(ref mm, head, area.AnonVma, area.PageIndex(address));
        _lru.Add(head);
        _faults.PutAside(pmd, (uint)(table >> Pfn.Shift));
        ulong protection = PageProtection(area) | PteBits.PageSize | PteBits.Dirty;
        if ((area.Flags & VmFlags.Write) != 0)
            protection |= PteBits.Write;
        _tables.Store(pmd, Pte<TFormat>.Make(head, protection));
        _cpus.FlushRange(area.Mm, address, address + HugePage.SizeBytes, Pfn.SizeBytes, freedTables: true);
        _stat.ThpCollapseAlloc++;
        return Errno.None;
    }

    /// <summary>Whether a last-level table has nothing but pages and gaps: a guard page prevents the collapse.</summary>
    private bool HasOnlyPages(ulong table)
    {
        for (ulong at = table; at < table + Pfn.SizeBytes; at += (ulong)TFormat.EntryBytes)
        {
            ulong entry = _tables.Load(at);
            if (entry != 0 && !Pte<TFormat>.IsPresent(entry))
                return false;
        }

        return true;
    }
}
