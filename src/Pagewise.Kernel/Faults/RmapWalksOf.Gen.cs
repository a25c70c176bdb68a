using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Faults;

/// <content>
/// Accessed bits for the multi-generational LRU (mm/vmscan.c, 6.1): aging walks page tables (walk_mm), eviction looks
/// around the entries that it meets (lru_gen_look_around). Both promote the pages they find used.
/// </content>
internal sealed partial class RmapWalksOf<TFormat>
{
    /// <summary>Entries of a cache line: as many are read at once.</summary>
    private static readonly int EntriesPerLine = 64 / TFormat.EntryBytes;

    public override void Age(int mm, in GenWalk walk)
    {
        ulong size = Pte<TFormat>.SizeAt(2);
        bool checksTables = TFormat.Levels >= 4 && (_lru.GenCaps & LruGenCaps.NonleafYoung) != 0;
        ulong done = 0;
        for (int vma = _mms[mm].Mmap; vma != 0; vma = _vmas[vma].Next)
        {
            if (IsSkipped(in _vmas[vma], walk.CanSwap))
                continue;
            ulong end = _vmas[vma].End;
            ulong next;
            for (ulong at = Math.Max(_vmas[vma].Start, done); at < end; at = next)
            {
                ulong entryAt = _tables.Find(mm, at, 2, out int level);
                ulong covered = Pte<TFormat>.SizeAt(level);
                next = (at & ~(covered - 1)) + covered;
                if (level > 2)
                {
                    if (next == 0)
                        return;
                    continue;
                }

                done = next;
                ulong entry = _tables.Load(entryAt);
                if (!Pte<TFormat>.IsPresent(entry))
                    continue;
                if (Pte<TFormat>.IsLarge(entry))
                {
                    AgeLarge(entryAt, entry, in walk);
                    continue;
                }

                if (checksTables)
                {
                    if ((entry & PteBits.Accessed) == 0)
                        continue;
                    _tables.Store(entryAt, entry & ~PteBits.Accessed);
                }

                ref LruGen gen = ref _lru.Gen(walk.Lruvec);
                if (!walk.ForceScan && !_lru.GenFilters!.MayHave(walk.Lruvec, in gen, walk.MaxSeq, entryAt))
                    continue;
                if (AgeTable(entry & PteBits.AddressMask, vma, at, next, in walk))
                    _lru.GenFilters!.Add(walk.Lruvec, in gen, walk.MaxSeq + 1, entryAt);
            }
        }
    }

    /// <summary>One last-level table from an address on, through all areas that use it (walk_pte_range). Whether enough of it was used to make it worth a walk.</summary>
    private bool AgeTable(ulong table, int vma, ulong at, ulong tableEnd, in GenWalk walk)
    {
        int gen = LruGen.FromSeq(walk.MaxSeq);
        int total = 0;
        int young = 0;
        for (; vma != 0 && _vmas[vma].Start < tableEnd; vma = _vmas[vma].Next)
        {
            if (IsSkipped(in _vmas[vma], walk.CanSwap))
                continue;
            ulong end = Math.Min(_vmas[vma].End, tableEnd);
            ulong address = Math.Max(_vmas[vma].Start, at);
            ulong entryAt = Pte<TFormat>.EntryAt(table, address, 1);
            for (; address < end; address += Pfn.SizeBytes, entryAt += (ulong)TFormat.EntryBytes)
            {
                total++;
                uint folio = YoungFolio(entryAt, in walk, out ulong entry);
                if (folio == 0)
                    continue;
                young++;
                _tables.Store(entryAt, entry & ~PteBits.Accessed);
                TakeDirty(entry, folio);
                _lru.PromoteTo(folio, gen);
            }
        }

        _clock.AgedPages += young;
        return IsWorthAWalk(total, young);
    }

    private void AgeLarge(ulong entryAt, ulong entry, in GenWalk walk)
    {
        uint folio = YoungFolio(entryAt, in walk, out _);
        if (folio == 0)
            return;
        _tables.Store(entryAt, entry & ~PteBits.Accessed);
        TakeDirty(entry, folio);
        _lru.PromoteTo(folio, LruGen.FromSeq(walk.MaxSeq));
    }

    /// <summary>The page of an entry that was used and that is aged: of the walk's node and cgroup, and evictable (get_pte_pfn, get_pfn_folio); else 0.</summary>
    private uint YoungFolio(ulong entryAt, in GenWalk walk, out ulong entry)
    {
        entry = _tables.Load(entryAt);
        if (!Pte<TFormat>.IsPresent(entry) || (entry & (PteBits.Accessed | PteBits.Special)) != PteBits.Accessed)
            return 0;
        uint folio = _memMap.Head(Pte<TFormat>.PfnOf(entry));
        PageFlags flags = _memMap[folio].Flags;
        if ((flags & (PageFlags.Zero | PageFlags.Reserved)) != 0 || _lru.LruvecOf(folio) != walk.Lruvec)
            return 0;
        return walk.CanSwap || LruLists.IsFileLru(flags) ? folio : 0;
    }

    /// <summary>What an entry knows of writes, a page that has a place to be written to has to know too.</summary>
    private void TakeDirty(ulong entry, uint folio)
    {
        ref PageFrame frame = ref _memMap[folio];
        if ((entry & PteBits.Dirty) == 0 || (frame.Flags & PageFlags.Dirty) != 0)
            return;
        if ((frame.Flags & PageFlags.Anon) == 0)
            _pages.DirtyFolio(folio);
        else if ((frame.Flags & (PageFlags.SwapBacked | PageFlags.SwapCache)) != PageFlags.SwapBacked)
            frame.Flags |= PageFlags.Dirty;
    }

    /// <summary>
    /// The entries around one that was used (lru_gen_look_around), up to 64 in its area and table: used pages become young.
    /// If it paid, the next walk of aging looks at the table too.
    /// </summary>
    private void LookAround(ref VmArea area, ulong address, ulong entryAt, uint pfn)
    {
        if ((area.Flags & VmFlags.Special) != 0)
            return;
        int lruvec = _lru.LruvecOf(pfn);
        ref LruGen gen = ref _lru.Gen(lruvec);
        int newGen = LruGen.FromSeq(gen.MaxSeq);
        var walk = new GenWalk { Lruvec = lruvec, CanSwap = !HasGenWalk || GenWalkCanSwap };
        (ulong start, ulong end) = Around(in area, address);
        ulong at = entryAt - ((address - start) / Pfn.SizeBytes * (ulong)TFormat.EntryBytes);
        int total = (int)((end - start) / Pfn.SizeBytes);
        int young = 0;
        _lookedAt.Clear();
        for (ulong here = at; start < end; start += Pfn.SizeBytes, here += (ulong)TFormat.EntryBytes)
        {
            uint folio = YoungFolio(here, in walk, out ulong entry);
            if (folio == 0)
                continue;
            _tables.Store(here, entry & ~PteBits.Accessed);
            young++;
            TakeDirty(entry, folio);
            int old = _lru.GenOf(folio);
            if (old < 0)
                _memMap[folio].Flags |= PageFlags.Referenced;
            else if (old != newGen)
                _lookedAt.Add(folio);
        }

        if (IsWorthAWalk(total, young))
            _lru.GenFilters!.Add(lruvec, in gen, gen.MaxSeq, _tables.Find(area.Mm, address, 2, out _));
        // A few go the way of the CPU's batch, so that the lists' lock is not taken for them.
        bool byBatch = !HasGenWalk && _lookedAt.Count < _lru.BatchSize;
        foreach (uint folio in _lookedAt)
        {
            if (byBatch)
                _lru.Activate(folio);
            else
                _lru.PromoteTo(folio, newGen);
        }
    }

    /// <summary>Which entries are looked at around one: 64 of its table at most, all of its area.</summary>
    private static (ulong Start, ulong End) Around(in VmArea area, ulong address)
    {
        const ulong most = (ulong)LruGen.MinBatch << Pfn.Shift;
        ulong size = Pte<TFormat>.SizeAt(2);
        ulong start = Math.Max(address & ~(size - 1), area.Start);
        ulong end = Math.Min(address | (size - 1), area.End - 1) + 1;
        if (end - start <= most)
            return (start, end);
        if (address - start < most / 2)
            return (start, start + most);
        return end - address < most / 2 ? (end - most, end) : (address - (most / 2), address + (most / 2));
    }

    /// <summary>Whether on average a cache line of entries has one that was used (suitable_to_scan).</summary>
    private static bool IsWorthAWalk(int total, int young) => young * Math.Clamp(EntriesPerLine, 2, 8) >= total;

    /// <summary>Areas whose pages no aging looks at (should_skip_vma).</summary>
    private bool IsSkipped(in VmArea area, bool canSwap)
    {
        if ((area.Flags & VmFlags.AccessMask) == 0)
            return true;
        if ((area.Flags & (VmFlags.HugeTlb | VmFlags.Locked | VmFlags.Special | VmFlags.SeqRead | VmFlags.RandRead)) != 0)
            return true;
        if (area.IsAnonymous)
            return !canSwap;
        return area.Inode == 0 || (_inodes.Inodes[area.Inode].Kind != InodeKind.Regular && !canSwap);
    }
}
