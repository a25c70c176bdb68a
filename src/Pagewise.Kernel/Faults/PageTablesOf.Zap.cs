using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Faults;

internal sealed partial class PageTablesOf<TFormat>
{
    public override void Zap(int vma, ulong start, ulong end, bool keepMarkers) =>
        Zap(_vmas[vma].Mm, start, end, keepMarkers, evenCows: true);

    private void Zap(int mm, ulong start, ulong end, bool keepMarkers, bool evenCows)
    {
        ref MmStruct space = ref _mms[mm];
        space.HiwaterRss = Math.Max(space.HiwaterRss, space.Rss.Total);
        ZapVisitor visitor = new(this, mm, keepMarkers, evenCows);
        _tables.Walk(mm, start, end, ref visitor);
        if (visitor.Changed)
            _cpus.FlushRange(mm, start, end, Pfn.SizeBytes, freedTables: false);
    }

    public override void Truncate(int inode, ulong newSizeBytes)
    {
        ulong first = (newSizeBytes + Pfn.SizeBytes - 1) >> Pfn.Shift;
        UnmapMapping(inode, first, ulong.MaxValue >> Pfn.Shift, evenCows: true);
        ref Inode file = ref _inodes.Inodes[inode];
        file.WarmPages = Math.Min(file.WarmPages, Math.Min(file.SizePages, first));
        RemovePages(inode, first, ulong.MaxValue >> Pfn.Shift);
        ulong offset = newSizeBytes & (Pfn.SizeBytes - 1);
        if (offset != 0)
            ClearTail(inode, newSizeBytes >> Pfn.Shift, (int)offset);
    }

    /// <summary>
    /// Unmaps pages of a file from every address space that maps them (unmap_mapping_range).
    /// </summary>
    /// <param name="inode">The file.</param>
    /// <param name="first">First page.</param>
    /// <param name="last">Last page.</param>
    /// <param name="evenCows">Private copies too: truncation says yes, a hole no.</param>
    private void UnmapMapping(int inode, ulong first, ulong last, bool evenCows)
    {
        for (int vma = _inodes.Inodes[inode].FirstMapping; vma != 0; vma = _vmas[vma].SharedNext)
        {
            ref VmArea area = ref _vmas[vma];
            ulong areaLast = area.PgOff + area.Pages - 1;
            if (area.PgOff > last || areaLast < first)
                continue;
            ulong start = area.Start + ((Math.Max(first, area.PgOff) - area.PgOff) << Pfn.Shift);
            ulong end = area.Start + ((Math.Min(last, areaLast) - area.PgOff + 1) << Pfn.Shift);
            Zap(area.Mm, start, end, keepMarkers: true, evenCows);
        }
    }

    /// <summary>Takes pages whose contents are gone out of the page cache (truncate_inode_pages_range).</summary>
    private void RemovePages(int inode, ulong first, ulong last)
    {
        ulong index = first;
        while (_pages.NextFrame(inode, ref index, last) != 0)
            _pages.Remove(inode, index++, evicted: false);
        _pages.EvictWarm(inode, first, last);
    }

    private void ClearTail(int inode, ulong index, int offsetBytes)
    {
        ulong at = index;
        uint pfn = _pages.NextFrame(inode, ref at, index);
        if (pfn != 0 && (_memMap[pfn].Flags & PageFlags.HasData) != 0)
            _memMap.Memory.Frame(pfn)[offsetBytes..].Clear();
    }

    /// <summary>zap_pte_range and zap_huge_pmd.</summary>
    private struct ZapVisitor(PageTablesOf<TFormat> owner, int mm, bool keepMarkers, bool evenCows) : IEntryVisitor
    {
        public bool Changed;

        public bool Entries(ulong firstEntry, ulong address, ulong end)
        {
            PteTables<TFormat> tables = owner._tables;
            ref MmStruct space = ref owner._mms[mm];
            ulong last = firstEntry + (((end - address) >> Pfn.Shift) * (ulong)TFormat.EntryBytes);
            for (ulong at = firstEntry; at < last; at += (ulong)TFormat.EntryBytes)
            {
                ulong entry = tables.Load(at);
                if (entry == 0)
                    continue;
                if (!Pte<TFormat>.IsPresent(entry))
                {
                    if (!keepMarkers)
                        tables.Store(at, 0);
                    continue;
                }

                if ((entry & PteBits.Special) == 0 && !Release(ref space, entry))
                    continue;
                tables.Store(at, 0);
                Changed = true;
            }

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
            owner._tables.Store(entryAt, 0);
            owner._tables.FreeTable(ref space, 1, owner._faults.Withdraw(entryAt));
            if ((entry & PteBits.Special) == 0)
                owner._rmap.RemoveHuge(ref space, Pte<TFormat>.PfnOf(entry));
            Changed = true;
            return VisitResult.Continue;
        }

        public readonly bool Hole(ulong address, ulong end) => true;

        private readonly bool Release(ref MmStruct space, ulong entry)
        {
            uint pfn = Pte<TFormat>.PfnOf(entry);
            ref PageFrame frame = ref owner._memMap[pfn];
            if ((frame.Flags & PageFlags.Anon) != 0)
            {
                if (!evenCows)
                    return false;
            }
            else if ((entry & PteBits.Dirty) != 0)
            {
                frame.Flags |= PageFlags.Dirty;
            }

            owner._rmap.Remove(ref space, pfn);
            return true;
        }
    }
}
