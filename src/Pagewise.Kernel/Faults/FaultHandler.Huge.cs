using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Faults;

internal sealed partial class FaultHandler<TFormat>
{
    private uint _hugeZeroPage;

    /// <summary>Whether 2 MiB is what a level-2 entry of the format maps.</summary>
    public static bool HasHugePages => TFormat.IndexBits == HugePage.Order;

    /// <summary>The 2 MiB frame that reads of untouched huge memory show; 0 until first needed (huge_zero_pfn).</summary>
    public uint HugeZeroPage => _hugeZeroPage;

    /// <summary>
    /// A fault at a place whose level-2 entry is empty or large: a huge page if one may be used, else nothing done
    /// (create_huge_pmd, wp_huge_pmd, huge_pmd_set_accessed).
    /// </summary>
    private FaultResult ResolveHuge(int vma, ref VmArea area, ref MmStruct mm, ulong address, ulong pmd, ulong entry, bool write)
    {
        if (entry == 0)
            return area.IsAnonymous && MayUseHuge(area, address) ? DoHugeAnonymousPage(vma, ref area, ref mm, address, pmd, write) : FaultResult.Fallback;
        if (write && (entry & PteBits.Write) == 0)
            return DoHugeWpPage(vma, ref area, ref mm, address, pmd, entry);
        _tables.Store(pmd, entry | PteBits.Accessed | (write ? PteBits.Dirty : 0));
        mm.Faults.Spurious++;
        return FaultResult.None;
    }

    /// <summary>Whether the area wants huge pages and a whole one around the address lies in it (thp_vma_allowable_order).</summary>
    public bool MayUseHuge(in VmArea area, ulong address)
    {
        if (!HasHugePages || _thp == ThpMode.Never || (area.Flags & VmFlags.NoHugePage) != 0)
            return false;
        if (_thp == ThpMode.Madvise && (area.Flags & VmFlags.HugePage) == 0)
            return false;
        ulong start = address & ~(HugePage.SizeBytes - 1);
        return start >= area.Start && start + HugePage.SizeBytes <= area.End;
    }

    /// <summary>do_huge_pmd_anonymous_page.</summary>
    private FaultResult DoHugeAnonymousPage(int vma, ref VmArea area, ref MmStruct mm, ulong address, ulong pmd, bool write)
    {
        if (!_anonVmas.Prepare(vma))
            return FaultResult.Oom;
        if (!write)
        {
            if (_hugeZeroPage == 0 && !AllocateHugeZeroPage())
            {
                _stat.ThpFaultFallback++;
                return FaultResult.Fallback;
            }

            if (!Deposit(ref mm, pmd))
                return FaultResult.Oom;
            _tables.Store(pmd, Pte<TFormat>.Make(_hugeZeroPage, PageProtection(area) | PteBits.PageSize | PteBits.Special));
            mm.Faults.ZeroPage++;
            return FaultResult.None;
        }

        uint head = AllocUserPages(in area, address, Gfp.UserPage | Gfp.Zero | Gfp.NoRetry, HugePage.Order);
        if (head == 0)
        {
            _stat.ThpFaultFallback++;
            return FaultResult.Fallback;
        }

        if (!Deposit(ref mm, pmd))
        {
            _allocator.FreePages(head, HugePage.Order);
            return FaultResult.Oom;
        }

        MapHuge(ref area, ref mm, address, pmd, head);
        _stat.ThpFaultAlloc++;
        _memcgs.Count(_memcgs.Current, MemcgStat.ThpFaultAlloc, 1);
        return FaultResult.None;
    }

    private void MapHuge(ref VmArea area, ref MmStruct mm, ulong address, ulong pmd, uint head)
    {
        ulong start = address & ~(HugePage.SizeBytes - 1);
        _rmap.AddNewHugeAnon(ref mm, head, area.AnonVma, area.PageIndex(start));
        if ((area.Flags & (VmFlags.Locked | VmFlags.Special)) == VmFlags.Locked)
            _rmap.Mlock(head, locks: true);
        _lru.Add(head);
        _tables.Store(pmd, Pte<TFormat>.Make(head, PageProtection(area) | PteBits.PageSize | PteBits.Write | PteBits.Dirty));
        mm.Faults.Huge++;
        _clock.ZeroedPages += HugePage.Frames;
    }

    /// <summary>
    /// A write to a read-only huge entry (do_huge_pmd_wp_page): the huge zero page gives way to a page; a page that is
    /// ours alone becomes writable; one that is shared is split, and the small fault copies 4 KiB.
    /// </summary>
    private FaultResult DoHugeWpPage(int vma, ref VmArea area, ref MmStruct mm, ulong address, ulong pmd, ulong entry)
    {
        if ((entry & PteBits.Special) != 0)
        {
            uint head = AllocUserPages(in area, address, Gfp.UserPage | Gfp.Zero | Gfp.NoRetry, HugePage.Order);
            if (head != 0)
            {
                _ = _anonVmas.Prepare(vma);
                MapHuge(ref area, ref mm, address, pmd, head);
                _cpus.FlushRange(area.Mm, address & ~(HugePage.SizeBytes - 1), (address & ~(HugePage.SizeBytes - 1)) + HugePage.SizeBytes, HugePage.SizeBytes, freedTables: false);
                return FaultResult.None;
            }

            _stat.ThpFaultFallback++;
        }
        else
        {
            uint head = Pte<TFormat>.PfnOf(entry);
            ref PageFrame frame = ref _memMap[head];
            if ((frame.Flags & PageFlags.AnonExclusive) != 0 || frame.RefCount == 1)
            {
                frame.Flags |= PageFlags.AnonExclusive;
                _tables.Store(pmd, entry | PteBits.Write | PteBits.Dirty | PteBits.Accessed);
                _stat.PgReuse++;
                mm.Faults.WriteReuse++;
                return FaultResult.None;
            }
        }

        SplitPmd(area.Mm, address, pmd);
        return FaultResult.Fallback;
    }

    /// <summary>
    /// Turns a large entry into a table of small ones (__split_huge_pmd): the page stays whole, each of its frames is
    /// mapped by itself. The table is the one put aside when the large entry was made.
    /// </summary>
    public void SplitPmd(int mmIndex, ulong address, ulong pmd)
    {
        ref MmStruct mm = ref _mms[mmIndex];
        ulong entry = _tables.Load(pmd);
        ulong start = address & ~(HugePage.SizeBytes - 1);
        uint head = Pte<TFormat>.PfnOf(entry);
        bool isZero = (entry & PteBits.Special) != 0;
        uint table = Withdraw(pmd);
        ulong bits = entry & ~(PteBits.AddressMask | PteBits.PageSize);
        ulong at = (ulong)table << Pfn.Shift;
        for (uint i = 0; i < HugePage.Frames; i++, at += (ulong)TFormat.EntryBytes)
            _tables.Store(at, Pte<TFormat>.Make(isZero ? ZeroPage : head + i, bits));
        if (!isZero)
            _rmap.SplitMapping(head, (_memMap[head].Flags & PageFlags.AnonExclusive) != 0);
        _tables.Store(pmd, ((ulong)table << Pfn.Shift) | PteTables<TFormat>.EntryToTable(2));
        _stat.ThpSplitPmd++;
        _cpus.FlushRange(mmIndex, start, start + HugePage.SizeBytes, HugePage.SizeBytes, freedTables: false);
    }

    /// <summary>Puts an empty last-level table aside for a later split (pgtable_trans_huge_deposit); it hangs on its level-2 table's frame.</summary>
    public bool Deposit(ref MmStruct mm, ulong pmd)
    {
        uint table = _tables.NewTable(ref mm, 1);
        if (table == 0)
            return false;
        PutAside(pmd, table);
        return true;
    }

    /// <summary>Hangs an empty last-level table on the frame of the level-2 table.</summary>
    public void PutAside(ulong pmd, uint table)
    {
        ref PageFrame owner = ref _memMap[(uint)(pmd >> Pfn.Shift)];
        _memMap[table].Next = owner.Next;
        owner.Next = table;
    }

    /// <summary>Takes a deposited table (pgtable_trans_huge_withdraw).</summary>
    public uint Withdraw(ulong pmd)
    {
        ref PageFrame owner = ref _memMap[(uint)(pmd >> Pfn.Shift)];
        uint table = owner.Next;
        owner.Next = _memMap[table].Next;
        _memMap[table].Next = 0;
        return table;
    }

    private bool AllocateHugeZeroPage()
    {
        _hugeZeroPage = _allocator.AllocPages(Gfp.UserPage | Gfp.Zero, HugePage.Order);
        if (_hugeZeroPage == 0)
            return false;
        for (uint i = 0; i < HugePage.Frames; i++)
            _memMap[_hugeZeroPage + i].Flags |= PageFlags.Zero;
        _stat.ThpZeroPageAlloc++;
        return true;
    }
}
