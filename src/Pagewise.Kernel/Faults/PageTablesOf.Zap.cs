using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Faults;

internal sealed partial class PageTablesOf<TFormat>
{
    private readonly MmuGather<TFormat> _gather;

    public override void BeginUnmap(int mm) => _gather.Begin(mm);

    public override void FinishUnmap() => _gather.Finish();

    public override void Zap(int vma, ulong start, ulong end, bool keepMarkers) =>
        Zap(_vmas[vma].Mm, start, end, keepMarkers, evenCows: true, marksAccessed: (_vmas[vma].Flags & _features.WithoutRecency) == 0);

    public override void FreeTables(int mm, ulong start, ulong end, ulong floor, ulong ceiling)
    {
        _gather.Begin(mm);
        _tables.FreeRange(mm, start, end, floor, ceiling, _gather);
        _gather.Finish();
    }

    private void Zap(int mm, ulong start, ulong end, bool keepMarkers, bool evenCows, bool reclaimsTables = false, bool marksAccessed = true)
    {
        ref MmStruct space = ref _mms[mm];
        space.HiwaterRss = Math.Max(space.HiwaterRss, space.Rss.Total);
        if (_features.DrainsLruBeforeUnmapping)
            _lru.Drain();
        _gather.Begin(mm);
        ZapVisitor visitor = new(this, mm, keepMarkers, evenCows, reclaimsTables, marksAccessed);
        _tables.Walk(mm, start, end, ref visitor);
        _gather.Finish();
    }

    /// <summary>zap_pte_range and zap_huge_pmd.</summary>
    private readonly struct ZapVisitor(PageTablesOf<TFormat> owner, int mm, bool keepMarkers, bool evenCows, bool reclaimsTables, bool marksAccessed) : IEntryVisitor
    {
        public bool Entries(ulong firstEntry, ulong address, ulong end)
        {
            PteTables<TFormat> tables = owner._tables;
            MmuGather<TFormat> gather = owner._gather;
            ref MmStruct space = ref owner._mms[mm];
            bool metDirty = false;
            int count;
            ulong at = firstEntry;
            for (ulong here = address; here < end; here += (ulong)count << Pfn.Shift, at += (ulong)count * (ulong)TFormat.EntryBytes)
            {
                count = 1;
                ulong entry = tables.Load(at);
                if (entry == 0)
                    continue;
                if (!Pte<TFormat>.IsPresent(entry))
                {
                    if (!Pte<TFormat>.IsMarker(entry))
                    {
                        if (!evenCows)
                            continue;
                        space.Rss.SwapEntries--;
                        owner._swap.FreeAndCache(Pte<TFormat>.SwapEntryOf(entry));
                        tables.Store(at, 0);
                    }
                    else if (!keepMarkers || (evenCows && Pte<TFormat>.IsPoisoned(entry)))
                    {
                        tables.Store(at, 0);
                    }

                    continue;
                }

                if ((entry & PteBits.Special) != 0)
                {
                    tables.Store(at, 0);
                    gather.Adjust(here, here + Pfn.SizeBytes);
                    continue;
                }

                uint pfn = Pte<TFormat>.PfnOf(entry);
                if ((owner._memMap[pfn].Flags & PageFlags.Anon) != 0)
                {
                    if (!evenCows)
                        continue;
                }
                else
                {
                    count = owner.RunOf(pfn, at, (end - here) >> Pfn.Shift);
                }

                metDirty |= Unmap(ref space, at);
                for (int i = 1; i < count; i++)
                {
                    // Here each frame of a page cache's folio has references of its own; the cache keeps them all.
                    ulong next = at + ((ulong)i * (ulong)TFormat.EntryBytes);
                    uint page = Pte<TFormat>.PfnOf(tables.Load(next));
                    metDirty |= Unmap(ref space, next);
                    owner._rmap.Put(page);
                }

                gather.Adjust(here, here + ((ulong)count << Pfn.Shift));
                if (metDirty)
                    gather.DelayRmap();
                if (gather.RemovePage(owner._memMap.Head(pfn), isRun: count > 1))
                    gather.Flush();
            }

            // A page that was stored to may be stored to still until the TLBs know.
            if (metDirty)
                gather.Flush();
            if (reclaimsTables && end - address == Pte<TFormat>.SizeAt(2))
                owner.FreeEmptyTable(mm, address);
            return true;
        }

        public VisitResult Large(ulong entryAt, ulong entry, int level, ulong address, ulong end)
        {
            if (end - address < Pte<TFormat>.SizeAt(level))
            {
                owner._faults.SplitPmd(mm, address, entryAt);
                return VisitResult.Again;
            }

            ref MmStruct space = ref owner._mms[mm];
            MmuGather<TFormat> gather = owner._gather;
            owner._tables.Store(entryAt, 0);
            owner._tables.FreeTable(ref space, 1, owner._faults.Withdraw(entryAt));
            gather.Adjust(address, end);
            if ((entry & PteBits.Special) != 0)
                return VisitResult.Continue;
            uint head = Pte<TFormat>.PfnOf(entry);
            owner._rmap.UnmapHuge(ref space, head);
            if (gather.RemovePage(head, isRun: false))
                gather.Flush();
            return VisitResult.Continue;
        }

        public bool Hole(ulong address, ulong end) => true;

        /// <summary>Takes one entry away; true when it was a file's and dirty.</summary>
        private bool Unmap(ref MmStruct space, ulong at)
        {
            ulong entry = owner._tables.Load(at);
            uint pfn = Pte<TFormat>.PfnOf(entry);
            bool isDirty = (entry & PteBits.Dirty) != 0 && (owner._memMap[pfn].Flags & PageFlags.Anon) == 0;
            if (isDirty)
                owner._pages.DirtyFolio(pfn);
            if (marksAccessed && (entry & PteBits.Accessed) != 0 && (owner._memMap[pfn].Flags & PageFlags.PageCache) != 0)
                owner._lru.MarkAccessed(pfn);
            owner._rmap.Unmap(ref space, pfn);
            owner._tables.Store(at, 0);
            return isDirty;
        }
    }

    /// <summary>How many entries from one on map the following pages of its folio (folio_pte_batch); 1 before 6.9.</summary>
    private int RunOf(uint pfn, ulong at, ulong most)
    {
        if (!_features.ZapsFoliosInBatches || _memMap[pfn].FolioOrder == 0)
            return 1;
        ulong folio = _pages.FolioStart(pfn);
        most = Math.Min(most, folio + _pages.FolioPages(pfn) - _memMap[pfn].Index);
        int mapping = _memMap[pfn].Mapping;
        int count = 1;
        while ((ulong)count < most)
        {
            at += (ulong)TFormat.EntryBytes;
            ulong next = _tables.Load(at);
            if (!Pte<TFormat>.IsPresent(next) || (next & PteBits.Special) != 0)
                break;
            ref PageFrame frame = ref _memMap[Pte<TFormat>.PfnOf(next)];
            if ((frame.Flags & PageFlags.PageCache) == 0 || frame.Mapping != mapping || frame.Index != _memMap[pfn].Index + (ulong)count)
                break;
            count++;
        }

        return count;
    }

    /// <summary>Frees the last-level table of an address if it has no entry left (try_to_free_pte).</summary>
    private void FreeEmptyTable(int mm, ulong address)
    {
        ulong at = _tables.Find(mm, address, 2, out int level);
        ulong entry = _tables.Load(at);
        if (level != 2 || !Pte<TFormat>.IsTable(entry) || !_tables.IsEmpty(entry & PteBits.AddressMask))
            return;
        _tables.Store(at, 0);
        _gather.RemoveTable(1, (uint)((entry & PteBits.AddressMask) >> Pfn.Shift), address);
    }
}
