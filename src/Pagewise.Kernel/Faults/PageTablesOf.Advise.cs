using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Faults;

internal sealed partial class PageTablesOf<TFormat>
{
    public override Errno Advise(int vma, ulong start, ulong end, Madvice advice)
    {
        switch (advice)
        {
            case Madvice.DontNeed:
            case Madvice.DontNeedLocked:
                Zap(_vmas[vma].Mm, start, end, keepMarkers: true, evenCows: true, _features.ReclaimsPteTables);
                return Errno.None;
            case Madvice.Free:
                return Free(vma, start, end);
            case Madvice.Cold:
            case Madvice.PageOut:
                return ColdOrPageOut(vma, start, end, advice == Madvice.PageOut);
            case Madvice.Collapse:
                return Collapse(vma, start, end);
            case Madvice.WillNeed:
                return WillNeed(vma, start, end);
            case Madvice.Remove:
                return Remove(vma, start, end);
            case Madvice.GuardInstall:
                return GuardInstall(vma, start, end);
            case Madvice.GuardRemove:
                return GuardRemove(vma, start, end);
            default:
                return Errno.EINVAL;
        }
    }

    /// <summary>madvise_free_single_vma: pages stay readable until memory is short.</summary>
    private Errno Free(int vma, ulong start, ulong end)
    {
        ref VmArea area = ref _vmas[vma];
        if (!area.IsAnonymous)
            return Errno.EINVAL;
        _lru.Drain();
        AgeVisitor visitor = new(this, area.Mm, makesLazy: true, deactivates: false);
        _tables.Walk(area.Mm, start, end, ref visitor);
        if (visitor.Changed)
            _cpus.FlushRange(area.Mm, start, end, Pfn.SizeBytes, freedTables: false);
        return Errno.None;
    }

    /// <summary>madvise_willneed: brings the file's pages into the page cache.</summary>
    private Errno WillNeed(int vma, ulong start, ulong end)
    {
        ref VmArea area = ref _vmas[vma];
        if (area.IsAnonymous)
        {
            SwapInVisitor visitor = new(this);
            _tables.Walk(area.Mm, start, end, ref visitor);
            _lru.Drain();
            return Errno.None;
        }

        if (area.Inode == 0)
            return Errno.EBADF;
        if (_inodes.Inodes[area.Inode].Kind == InodeKind.Regular)
            _filemap.Advise(area.File, area.Inode, Fadvice.WillNeed, area.PageIndex(start) << Pfn.Shift, end - start);
        return Errno.None;
    }

    /// <summary>
    /// madvise_remove: punches a hole into the file (FALLOC_FL_PUNCH_HOLE); private copies stay. Pages leave the cache,
    /// but those of a large folio that reaches beyond the hole only if it can be split; else they stay as zeroes.
    /// </summary>
    private Errno Remove(int vma, ulong start, ulong end)
    {
        ref VmArea area = ref _vmas[vma];
        PunchHole(area.Inode, area.PageIndex(start), area.PageIndex(end) - 1);
        return Errno.None;
    }

    /// <summary>madvise_guard_install: pages give way to markers. The area's checks are the caller's.</summary>
    private Errno GuardInstall(int vma, ulong start, ulong end)
    {
        int mm = _vmas[vma].Mm;
        Zap(vma, start, end, keepMarkers: true);
        for (ulong address = start; address < end; address += Pfn.SizeBytes)
        {
            ulong at = _tables.Allocate(mm, address, 1);
            if (at == 0)
                return Errno.ENOMEM;
            _tables.Store(at, Pte<TFormat>.Guard);
        }

        return Errno.None;
    }

    /// <summary>madvise_guard_remove: markers give way to empty entries.</summary>
    private Errno GuardRemove(int vma, ulong start, ulong end)
    {
        UnguardVisitor visitor = new(this);
        _tables.Walk(_vmas[vma].Mm, start, end, ref visitor);
        return Errno.None;
    }

    private readonly struct UnguardVisitor(PageTablesOf<TFormat> owner) : IEntryVisitor
    {
        public bool Entries(ulong firstEntry, ulong address, ulong end)
        {
            ulong last = firstEntry + (((end - address) >> Pfn.Shift) * (ulong)TFormat.EntryBytes);
            for (ulong at = firstEntry; at < last; at += (ulong)TFormat.EntryBytes)
            {
                if (Pte<TFormat>.IsGuard(owner._tables.Load(at)))
                    owner._tables.Store(at, 0);
            }

            return true;
        }

        public VisitResult Large(ulong entryAt, ulong entry, int level, ulong address, ulong end) => VisitResult.Continue;

        public bool Hole(ulong address, ulong end) => true;
    }

    /// <summary>swapin_walk_pmd_entry: reading of each page in swap begins.</summary>
    private readonly struct SwapInVisitor(PageTablesOf<TFormat> owner) : IEntryVisitor
    {
        public bool Entries(ulong firstEntry, ulong address, ulong end)
        {
            ulong last = firstEntry + (((end - address) >> Pfn.Shift) * (ulong)TFormat.EntryBytes);
            for (ulong at = firstEntry; at < last; at += (ulong)TFormat.EntryBytes)
            {
                ulong entry = owner._tables.Load(at);
                if (Pte<TFormat>.IsSwap(entry))
                    owner._swap.ReadAhead(Pte<TFormat>.SwapEntryOf(entry));
            }

            return true;
        }

        public VisitResult Large(ulong entryAt, ulong entry, int level, ulong address, ulong end) => VisitResult.Continue;

        public bool Hole(ulong address, ulong end) => true;
    }

    /// <summary>madvise_cold_or_pageout_pte_range and madvise_free_pte_range: entries lose their A bit, lazily freed ones their D bit too.</summary>
    private struct AgeVisitor(PageTablesOf<TFormat> owner, int mm, bool makesLazy, bool deactivates) : IEntryVisitor
    {
        public bool Changed;

        public bool Entries(ulong firstEntry, ulong address, ulong end)
        {
            ulong last = firstEntry + (((end - address) >> Pfn.Shift) * (ulong)TFormat.EntryBytes);
            for (ulong at = firstEntry; at < last; at += (ulong)TFormat.EntryBytes)
            {
                ulong entry = owner._tables.Load(at);
                if (Pte<TFormat>.IsPresent(entry) && (entry & PteBits.Special) == 0)
                {
                    Age(at, entry);
                }
                else if (makesLazy && Pte<TFormat>.IsPoisoned(entry))
                {
                    owner._tables.Store(at, 0);
                }
                else if (makesLazy && Pte<TFormat>.IsSwap(entry))
                {
                    owner._swap.FreeAndCache(Pte<TFormat>.SwapEntryOf(entry));
                    owner._mms[mm].Rss.SwapEntries--;
                    owner._tables.Store(at, 0);
                }
            }

            return true;
        }

        public VisitResult Large(ulong entryAt, ulong entry, int level, ulong address, ulong end)
        {
            if ((entry & PteBits.Special) != 0)
                return VisitResult.Continue;
            if (end - address < Pte<TFormat>.SizeAt(level))
            {
                owner._faults.SplitPmd(mm, address, entryAt);
                return VisitResult.Again;
            }

            Age(entryAt, entry);
            return VisitResult.Continue;
        }

        public readonly bool Hole(ulong address, ulong end) => true;

        private void Age(ulong at, ulong entry)
        {
            uint pfn = Pte<TFormat>.PfnOf(entry);
            ref PageFrame frame = ref owner._memMap[pfn];
            ulong cleared = PteBits.Accessed;
            if (makesLazy)
            {
                // A small page that others map too becomes lazy as well: their dirty entries keep it when it comes to that.
                const PageFlags keeps = PageFlags.Dirty | PageFlags.Head | PageFlags.Tail;
                if ((frame.Flags & PageFlags.Anon) == 0 || (frame.MapCount > 1 && (frame.Flags & keeps) != 0))
                    return;
                if ((frame.Flags & PageFlags.SwapCache) != 0 && !owner._swap.TryFree(pfn))
                    return;
                cleared |= PteBits.Dirty;
                frame.Flags &= ~PageFlags.Dirty;
                owner._lru.LazyFree(pfn);
            }
            else if ((frame.Flags & PageFlags.Tail) == 0 && frame.MapCount <= 1)
            {
                frame.Flags &= ~PageFlags.Referenced;
                if (deactivates)
                    owner._lru.Deactivate(pfn);
            }

            if ((entry & cleared) == 0)
                return;
            owner._tables.Store(at, entry & ~cleared);
            Changed = true;
        }
    }
}
