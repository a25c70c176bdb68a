using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Faults;

internal sealed partial class FaultHandler<TFormat>
{
    /// <summary>References beyond which do_wp_page does not try whether some can go: the entry's, the swap cache's, a batch's.</summary>
    private const int MostReuseReferences = 3;

    /// <summary>The first touch of private memory (do_anonymous_page): a read shows the zero page, a write gets a frame.</summary>
    private FaultResult DoAnonymousPage(int vma, ref VmArea area, ref MmStruct mm, ulong address, ulong pte, bool write)
    {
        ulong protection = PageProtection(area);
        if (!write)
        {
            _tables.Store(pte, Pte<TFormat>.Make(ZeroPage, protection | PteBits.Special));
            mm.Faults.ZeroPage++;
            return FaultResult.None;
        }

        if (!_anonVmas.Prepare(vma))
            return FaultResult.Oom;
        uint pfn = AllocUserPages(in area, address, Gfp.UserPage | Gfp.Zero, 0);
        if (pfn == 0)
            return FaultResult.Oom;
        AddNewAnon(ref area, ref mm, pfn, address);
        _tables.Store(pte, Pte<TFormat>.Make(pfn, protection | PteBits.Write | PteBits.Dirty));
        mm.Faults.Anonymous++;
        _clock.ZeroedPages++;
        return FaultResult.None;
    }

    /// <summary>
    /// A write to a page whose entry is read-only (do_wp_page): shared memory becomes writable; a private page is used
    /// as it is when nobody else has it, else copied.
    /// </summary>
    private FaultResult DoWpPage(int vma, ref VmArea area, ref MmStruct mm, ulong address, ulong pte, ulong entry)
    {
        uint pfn = Pte<TFormat>.PfnOf(entry);
        if ((area.Flags & VmFlags.Shared) != 0)
        {
            if ((entry & PteBits.Special) == 0)
                PageMkWrite(area.Inode, pfn);
            // Reclaim may have unmapped it meanwhile (finish_mkwrite_fault): the access is tried again.
            if (_tables.Load(pte) == entry)
                Reuse(pte, entry, ref mm);
            _writeback.Balance();
            return FaultResult.None;
        }

        bool isCounted = (entry & PteBits.Special) == 0;
        if (isCounted && MayReuse(pfn))
        {
            _memMap[pfn].Flags |= PageFlags.AnonExclusive;
            Reuse(pte, entry, ref mm);
            return FaultResult.None;
        }

        return CopyOnWrite(vma, ref area, ref mm, address, pte, pfn, isCounted);
    }

    /// <summary>
    /// Whether an anonymous page is this address space's alone: marked so, or its only reference is this entry
    /// (PageAnonExclusive, wp_can_reuse_anon_folio).
    /// </summary>
    private bool MayReuse(uint pfn)
    {
        ref PageFrame frame = ref _memMap[pfn];
        if ((frame.Flags & PageFlags.Anon) == 0)
            return false;
        if ((frame.Flags & PageFlags.AnonExclusive) != 0)
            return true;
        if ((frame.Flags & (PageFlags.Head | PageFlags.Tail)) != 0 || frame.RefCount > MostReuseReferences)
            return false;
        // A reference may be only a batch's.
        if ((frame.Flags & PageFlags.Lru) == 0)
            _lru.Drain();
        if ((frame.Flags & PageFlags.SwapCache) != 0 && frame.RefCount <= 1 + 1)
            _ = _swap.TryFree(pfn);
        return frame.RefCount == 1;
    }

    /// <summary>Makes an entry writable in place (wp_page_reuse).</summary>
    private void Reuse(ulong pte, ulong entry, ref MmStruct mm)
    {
        _tables.Store(pte, entry | PteBits.Write | PteBits.Dirty | PteBits.Accessed);
        _stat.PgReuse++;
        mm.Faults.WriteReuse++;
    }

    /// <summary>Gives the address space a copy of its own (wp_page_copy).</summary>
    private FaultResult CopyOnWrite(int vma, ref VmArea area, ref MmStruct mm, ulong address, ulong pte, uint old, bool isCounted)
    {
        if (!_anonVmas.Prepare(vma))
            return FaultResult.Oom;
        ulong entry = _tables.Load(pte);
        // The page stays while memory for the copy is made; its entry may not.
        if (isCounted)
            _rmap.Get(old);
        uint copy = AllocUserPages(in area, address, Gfp.UserPage, 0);
        if (copy == 0 || _tables.Load(pte) != entry)
        {
            if (isCounted)
                _rmap.Put(old);
            if (copy == 0)
                return FaultResult.Oom;
            _rmap.Put(copy);
            return FaultResult.None;
        }

        _memMap.Copy(copy, old);
        if (isCounted)
            _rmap.Put(old);
        if (isCounted)
            _clock.CopiedPages++;
        else
            _clock.ZeroedPages++;
        entry = Pte<TFormat>.Make(copy, PageProtection(area) | PteBits.Write | PteBits.Dirty);
        AddNewAnon(ref area, ref mm, copy, address);
        _tables.Store(pte, entry);
        _cpus.FlushPage(area.Mm, address);
        if (isCounted)
            _rmap.Remove(ref mm, old);
        mm.Faults.CopyOnWrite++;
        return FaultResult.None;
    }
}
