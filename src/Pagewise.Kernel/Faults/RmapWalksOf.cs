using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Swap;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Faults;

/// <summary>Reverse mapping in one format. See <see cref="RmapWalks"/>.</summary>
/// <typeparam name="TFormat">The page-table format.</typeparam>
internal sealed partial class RmapWalksOf<TFormat> : RmapWalks
    where TFormat : struct, IPageTableFormat
{
    private readonly Arena<MmStruct> _mms;
    private readonly Arena<VmArea> _vmas;
    private readonly Arena<AnonVma> _anonVmas;
    private readonly Arena<AnonVmaChain> _chains;
    private readonly InodeTable _inodes;
    private readonly MemMap _memMap;
    private readonly FilePages _pages;
    private readonly VmStat _stat;
    private readonly LruLists _lru;
    private readonly SwapSpace _swap;
    private readonly PteTables<TFormat> _tables;
    private readonly Rmap _rmap;
    private readonly Cpus<TFormat> _cpus;
    private readonly FaultHandler<TFormat> _faults;
    private readonly MmFeatures _features;
    private readonly Clock _clock;
    private readonly SwappedMms _swapped;
    private readonly List<uint> _lookedAt = [];

    public RmapWalksOf(KernelState state, PteTables<TFormat> tables, Rmap rmap, Cpus<TFormat> cpus, FaultHandler<TFormat> faults)
    {
        _mms = state.Spaces.Mms;
        _vmas = state.Spaces.Vmas;
        _anonVmas = state.Spaces.AnonVmas;
        _chains = state.Spaces.AnonVmaChains;
        _inodes = state.Inodes;
        _memMap = state.MemMap;
        _pages = state.Pages;
        _stat = state.Stat;
        _lru = state.Lru;
        _swap = state.Swap;
        _tables = tables;
        _rmap = rmap;
        _cpus = cpus;
        _faults = faults;
        _features = state.Settings.Features;
        _clock = state.Clock;
        _swapped = state.Spaces.Swapped;
    }

    public override int Referenced(uint pfn, int target, out VmFlags flags)
    {
        var visitor = new ReferencedVisitor(this, target);
        flags = VmFlags.None;
        if (!_rmap.IsMapped(pfn))
            return 0;
        Walk(pfn, ref visitor);
        flags = visitor.Flags;
        return visitor.Count;
    }

    public override bool TryToUnmap(uint pfn)
    {
        var visitor = new UnmapVisitor(this, pfn);
        Walk(pfn, ref visitor);
        return !_rmap.IsMapped(pfn);
    }

    public override void Prefetch(uint pfn)
    {
        ref PageFrame frame = ref _memMap[pfn];
        if ((frame.Flags & (PageFlags.Anon | PageFlags.Head | PageFlags.Tail)) != PageFlags.Anon || frame.MapCount == 0)
            return;
        int link = _anonVmas[frame.Mapping].FirstChain;
        if (link == 0)
            return;
        ref VmArea area = ref _vmas[_chains[link].Vma];
        ulong page = frame.Index - area.PgOff;
        if (page < area.Pages)
            _tables.Prefetch(area.Mm, area.Start + (page << Pfn.Shift));
    }

    public override void Validate()
    {
        for (uint pfn = 1; pfn < _memMap.Count; pfn++)
        {
            PageFlags flags = _memMap[pfn].Flags;
            bool isCounted = (flags & (PageFlags.Anon | PageFlags.PageCache)) != 0 && (flags & (PageFlags.Table | PageFlags.Slab | PageFlags.Tail)) == 0;
            if (!isCounted || !_rmap.IsMapped(pfn))
                continue;
            bool isHuge = (flags & PageFlags.Head) != 0;
            long mappings = isHuge ? _rmap.EntireMapCount(pfn) : 0;
            for (uint page = pfn; page < pfn + LruLists.PagesOf(flags); page++)
                mappings += _memMap[page].MapCount;
            var visitor = new CountVisitor();
            Walk(pfn, ref visitor);
            if (visitor.Count != mappings)
                throw new InvalidOperationException($"frame {pfn:x} ({flags}) is found through {visitor.Count} entries, its counts say {mappings}");
        }
    }

    /// <summary>rmap_walk: each area that could map the page, and the entry there if it does.</summary>
    private void Walk<TVisitor>(uint pfn, ref TVisitor visitor)
        where TVisitor : struct, IMappingVisitor
    {
        ref PageFrame frame = ref _memMap[pfn];
        ulong index = frame.Index;
        if ((frame.Flags & PageFlags.Anon) == 0)
        {
            if ((frame.Flags & PageFlags.PageCache) == 0)
                return;
            for (int vma = _inodes.Inodes[frame.Mapping].FirstMapping, next; vma != 0; vma = next)
            {
                next = _vmas[vma].SharedNext;
                if (!VisitIn(vma, pfn, index, ref visitor))
                    return;
            }

            return;
        }

        for (int link = _anonVmas[frame.Mapping].FirstChain, next; link != 0; link = next)
        {
            next = _chains[link].NextOfAnonVma;
            if (!VisitIn(_chains[link].Vma, pfn, index, ref visitor))
                return;
        }
    }

    /// <summary>page_vma_mapped_walk for one area: a small page has one entry, a huge one may have many.</summary>
    private bool VisitIn<TVisitor>(int vma, uint pfn, ulong index, ref TVisitor visitor)
        where TVisitor : struct, IMappingVisitor
    {
        ref VmArea area = ref _vmas[vma];
        ulong pages = (_memMap[pfn].Flags & PageFlags.Head) != 0 ? HugePage.Frames : 1;
        ulong first = Math.Max(index, area.PgOff);
        ulong end = Math.Min(index + pages, area.PgOff + area.Pages);
        for (ulong at = first; at < end;)
        {
            ulong address = area.Start + ((at - area.PgOff) << Pfn.Shift);
            ulong entryAt = _tables.Find(area.Mm, address, 1, out int level);
            ulong entry = _tables.Load(entryAt);
            ulong size = Pte<TFormat>.SizeAt(level);
            uint mapped = pfn + (uint)(at - index);
            bool isHere = Pte<TFormat>.IsPresent(entry) && (level == 1 || Pte<TFormat>.IsLarge(entry)) && (entry & PteBits.Special) == 0
                && Pte<TFormat>.PfnOf(entry) == (level == 1 ? mapped : pfn);
            if (isHere && !visitor.Visit(ref area, address, entryAt, entry, level, mapped))
                return false;
            at += level == 1 ? 1 : (((address & ~(size - 1)) + size) - address) >> Pfn.Shift;
        }

        return true;
    }

    /// <summary>What to do with an entry that maps the page.</summary>
    private interface IMappingVisitor
    {
        /// <summary>Looks at one entry; false ends the walk.</summary>
        bool Visit(ref VmArea area, ulong address, ulong entryAt, ulong entry, int level, uint pfn);
    }

    /// <summary>Counts entries.</summary>
    private struct CountVisitor : IMappingVisitor
    {
        public long Count;

        public bool Visit(ref VmArea area, ulong address, ulong entryAt, ulong entry, int level, uint pfn)
        {
            Count++;
            return true;
        }
    }

    /// <summary>folio_referenced_one. The TLB is not flushed: a stale A bit costs little (ptep_clear_flush_young on x86).</summary>
    private struct ReferencedVisitor(RmapWalksOf<TFormat> owner, int target) : IMappingVisitor
    {
        public int Count;
        public VmFlags Flags;

        public bool Visit(ref VmArea area, ulong address, ulong entryAt, ulong entry, int level, uint pfn)
        {
            // invalid_folio_referenced_vma
            if (target != 0 && !owner._lru.Memcgs.IsDescendant(owner._mms[area.Mm].Memcg, target))
                return true;
            if ((area.Flags & VmFlags.Locked) != 0)
            {
                owner._rmap.Mlock(pfn, locks: true);
                Flags |= VmFlags.Locked;
                Count = 0;
                return false;
            }

            if ((entry & PteBits.Accessed) == 0)
                return true;
            if (level == 1 && owner._lru.HasGens && (area.Flags & (VmFlags.SeqRead | VmFlags.RandRead)) == 0)
            {
                owner.LookAround(ref area, address, entryAt, pfn);
                Count++;
                Flags |= area.Flags & ~VmFlags.Locked;
                entry = owner._tables.Load(entryAt);
                if ((entry & PteBits.Accessed) == 0)
                    return true;
            }

            owner._tables.Store(entryAt, entry & ~PteBits.Accessed);
            VmFlags ignored = owner._features.IgnoresRandomlyRead ? VmFlags.SeqRead | VmFlags.RandRead : VmFlags.SeqRead;
            if ((area.Flags & ignored) != 0)
                return true;
            Count++;
            Flags |= area.Flags & ~VmFlags.Locked;
            return true;
        }
    }

    /// <summary>try_to_unmap_one.</summary>
    private readonly struct UnmapVisitor(RmapWalksOf<TFormat> owner, uint folio) : IMappingVisitor
    {
        public bool Visit(ref VmArea area, ulong address, ulong entryAt, ulong entry, int level, uint pfn)
        {
            if ((area.Flags & VmFlags.Locked) != 0)
            {
                owner._rmap.Mlock(folio, locks: true);
                return false;
            }

            if (level != 1)
                return false;
            ref MmStruct mm = ref owner._mms[area.Mm];
            mm.HiwaterRss = Math.Max(mm.HiwaterRss, mm.Rss.Total);
            ref PageFrame frame = ref owner._memMap[pfn];
            bool isDirty = (entry & PteBits.Dirty) != 0;
            if ((frame.Flags & PageFlags.Anon) == 0)
            {
                if (isDirty)
                    owner._pages.DirtyFolio(pfn);
                Clear(ref area, ref mm, address, entryAt, 0, pfn);
                return true;
            }

            if (isDirty)
                frame.Flags |= PageFlags.Dirty;
            if ((frame.Flags & (PageFlags.SwapBacked | PageFlags.SwapCache)) == 0)
            {
                // MADV_FREE: gone unless it was written again, or is used otherwise.
                if ((frame.Flags & PageFlags.Dirty) != 0 || frame.RefCount != 1 + frame.MapCount)
                {
                    if ((frame.Flags & PageFlags.Dirty) != 0)
                        frame.Flags |= PageFlags.SwapBacked;
                    return false;
                }

                Clear(ref area, ref mm, address, entryAt, 0, pfn);
                return true;
            }

            if ((frame.Flags & PageFlags.SwapCache) == 0)
                return false;
            SwpEntry slot = owner._swap.EntryOf(pfn);
            owner._swap.Duplicate(slot);
            if (mm.SwappedPrev == 0)
                owner._swapped.Add(area.Mm);
            bool isExclusive = (frame.Flags & PageFlags.AnonExclusive) != 0;
            frame.Flags &= ~PageFlags.AnonExclusive;
            mm.Rss.SwapEntries++;
            Clear(ref area, ref mm, address, entryAt, Pte<TFormat>.MakeSwap(slot, isExclusive), pfn);
            return true;
        }

        private void Clear(ref VmArea area, ref MmStruct mm, ulong address, ulong entryAt, ulong entry, uint pfn)
        {
            owner._tables.Store(entryAt, entry);
            owner._cpus.FlushPage(area.Mm, address);
            owner._rmap.Remove(ref mm, pfn);
        }
    }
}
