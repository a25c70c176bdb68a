using System.Runtime.InteropServices;
using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Faults;

internal sealed partial class PageTablesOf<TFormat>
{
    private readonly List<uint> _pagedOut = [];

    /// <summary>
    /// madvise_cold and madvise_pageout (madvise_cold_or_pageout_pte_range), for pages that no other address space maps:
    /// entries become old; paging out also drops clean page-cache and lazily freed pages, and unmaps dirty page-cache
    /// ones. A large folio that the range covers in part is split first, which unmaps it; a dirty one cannot be split
    /// and is passed over. Other anonymous memory goes to swap where there is any.
    /// </summary>
    private Errno ColdOrPageOut(int vma, ulong start, ulong end, bool pageOut)
    {
        ref VmArea area = ref _vmas[vma];
        _lru.Drain();
        AgeVisitor visitor = new(this, area.Mm, makesLazy: false, deactivates: !pageOut);
        _tables.Walk(area.Mm, start, end, ref visitor);
        if (visitor.Changed)
            _cpus.FlushRange(area.Mm, start, end, Pfn.SizeBytes, freedTables: false);
        for (ulong address = start; address < end;)
        {
            ulong at = _tables.Find(area.Mm, address, 1, out int level);
            if (level != 1)
            {
                address = (address & ~(Pte<TFormat>.SizeAt(level) - 1)) + Pte<TFormat>.SizeAt(level);
                continue;
            }

            ulong entry = _tables.Load(at);
            if (Pte<TFormat>.IsPresent(entry) && (entry & PteBits.Special) == 0)
                ColdOrPageOut(ref area, address, end, at, entry, pageOut);
            address += Pfn.SizeBytes;
        }

        if (_pagedOut.Count > 0)
            _ = Reclaim!.ReclaimPages(CollectionsMarshal.AsSpan(_pagedOut));
        _pagedOut.Clear();
        return Errno.None;
    }

    private void ColdOrPageOut(ref VmArea area, ulong address, ulong end, ulong at, ulong entry, bool pageOut)
    {
        uint pfn = Pte<TFormat>.PfnOf(entry);
        ref PageFrame frame = ref _memMap[pfn];
        if ((frame.Flags & PageFlags.Anon) != 0)
        {
            if (pageOut && Reclaim is not null && _stat.TotalSwapPages > 0)
            {
                if (frame.MapCount == 1 && (frame.Flags & (PageFlags.Head | PageFlags.Tail | PageFlags.Unevictable)) == 0 && _lru.Isolate(pfn))
                    _pagedOut.Add(pfn);
                return;
            }

            const PageFlags keeps = PageFlags.SwapBacked | PageFlags.Dirty | PageFlags.Head | PageFlags.Tail;
            if (!pageOut || frame.MapCount != 1 || (frame.Flags & keeps) != 0 || (entry & PteBits.Dirty) != 0)
                return;
            _tables.Store(at, 0);
            _cpus.FlushPage(area.Mm, address);
            _rmap.Remove(ref _mms[area.Mm], pfn);
            return;
        }

        if ((frame.Flags & PageFlags.PageCache) == 0)
            return;
        ulong first = _pages.FolioStart(pfn);
        ulong pages = _pages.FolioPages(pfn);
        int inode = frame.Mapping;
        if (IsMappedElsewhere(inode, first, pages, area.Mm))
            return;
        if (pages > 1 && (frame.Index != first || !IsMappedWhole(at, address, end, pages)))
        {
            if (!_pages.IsFolioDirty(pfn))
            {
                _pages.SplitFolio(pfn, first, uniform: true);
                UnmapMapping(inode, first, first + pages - 1, evenCows: false);
            }

            return;
        }

        if (!pageOut)
            return;
        // Shared memory goes to swap, by reclaim's rules.
        if ((frame.Flags & (PageFlags.SwapBacked | PageFlags.Unevictable)) == PageFlags.SwapBacked && Reclaim is not null && _stat.TotalSwapPages > 0)
        {
            if (_lru.Isolate(pfn))
                _pagedOut.Add(pfn);
            return;
        }

        if (_pages.IsFolioWriteback(pfn))
        {
            // It stays, to leave as soon as it is written (shrink_folio_list).
            frame.Flags |= PageFlags.Reclaim;
            return;
        }

        UnmapMapping(inode, first, first + pages - 1, evenCows: false);
        if (_pages.IsFolioDirty(pfn))
            return;
        for (ulong index = first; index < first + pages; index++)
            _pages.Remove(inode, index);
    }

    /// <summary>Whether the entries from one on are present for as many pages, within the range (folio_pte_batch).</summary>
    private bool IsMappedWhole(ulong at, ulong address, ulong end, ulong pages)
    {
        if (((end - address) >> Pfn.Shift) < pages || (address & (Pte<TFormat>.SizeAt(2) - 1)) + (pages << Pfn.Shift) > Pte<TFormat>.SizeAt(2))
            return false;
        for (ulong i = 0; i < pages; i++, at += (ulong)TFormat.EntryBytes)
        {
            ulong entry = _tables.Load(at);
            if (!Pte<TFormat>.IsPresent(entry) || (_memMap[Pte<TFormat>.PfnOf(entry)].Flags & PageFlags.PageCache) == 0)
                return false;
        }

        return true;
    }

    /// <summary>
    /// Whether pages are mapped beyond this address space (folio_maybe_mapped_shared); a single page, beyond this entry.
    /// </summary>
    private bool IsMappedElsewhere(int inode, ulong first, ulong pages, int mm)
    {
        if (pages == 1)
            return _memMap[_pages.Find(inode, first, out _)].MapCount > 1;
        for (int vma = _inodes.Inodes[inode].FirstMapping; vma != 0; vma = _vmas[vma].SharedNext)
        {
            ref VmArea area = ref _vmas[vma];
            if (area.Mm == mm)
                continue;
            for (ulong index = Math.Max(first, area.PgOff); index < Math.Min(first + pages, area.PgOff + area.Pages); index++)
            {
                ulong at = _tables.FindPte(area.Mm, area.Start + ((index - area.PgOff) << Pfn.Shift));
                ulong entry = at == 0 ? 0 : _tables.Load(at);
                if (Pte<TFormat>.IsPresent(entry) && (_memMap[Pte<TFormat>.PfnOf(entry)].Flags & PageFlags.PageCache) != 0)
                    return true;
            }
        }

        return false;
    }
}
