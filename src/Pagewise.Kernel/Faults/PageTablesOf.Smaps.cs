using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Swap;

namespace Pagewise.Kernel.Faults;

internal sealed partial class PageTablesOf<TFormat>
{
    public override MemSizeStats GatherSizes(int vma)
    {
        ref VmArea area = ref _vmas[vma];
        // Of shared memory all that is in swap counts; where a private page may stand before it, what has no entry (smap_gather_stats).
        bool isShmem = area.Inode != 0 && _inodes.Inodes[area.Inode].Kind == InodeKind.Shmem;
        bool mayHideShmem = (area.Flags & (VmFlags.Shared | VmFlags.Write)) == VmFlags.Write;
        SmapsVisitor visitor = new(this, vma, isShmem && mayHideShmem);
        _tables.Walk(area.Mm, area.Start, area.End, ref visitor);
        MemSizeStats sizes = visitor.Sizes;
        if (isShmem && !mayHideShmem)
            sizes.Swap += _pages.SwapUsage(area.Inode, area.PgOff, area.PgOff + area.Pages - 1) << Pfn.Shift;
        return sizes;
    }

    public override bool IsThpEligible(int vma)
    {
        ref VmArea area = ref _vmas[vma];
        // Asked for the last huge page of the area. Below 2 MiB that address is a negative one, and Linux's sum wraps to a yes.
        return area.IsAnonymous && (area.Flags & (VmFlags.Special | VmFlags.HugeTlb)) == 0
            && _faults.MayUseHuge(in area, area.End - HugePage.SizeBytes);
    }

    /// <summary>smaps_pte_range: smaps_pte_entry, smaps_pmd_entry and smaps_account.</summary>
    private struct SmapsVisitor(PageTablesOf<TFormat> owner, int vma, bool countsHoles) : IEntryVisitor
    {
        private readonly bool _isLocked = (owner._vmas[vma].Flags & VmFlags.Locked) != 0;
        private MemSizeStats _sizes;
        private (int Inode, ulong Start) _folio;
        private bool _folioIsDirty;

        public readonly MemSizeStats Sizes => _sizes;

        public bool Entries(ulong firstEntry, ulong address, ulong end)
        {
            for (ulong at = firstEntry; address < end; at += (ulong)TFormat.EntryBytes, address += Pfn.SizeBytes)
            {
                ulong entry = owner._tables.Load(at);
                if (Pte<TFormat>.IsPresent(entry) && (entry & PteBits.Special) == 0)
                    Account(Pte<TFormat>.PfnOf(entry), entry, entireMappings: 0);
                else if (Pte<TFormat>.IsSwap(entry))
                    AccountSwap(Pte<TFormat>.SwapEntryOf(entry));
                else if (entry == 0)
                    _ = Hole(address, address + Pfn.SizeBytes);
            }

            return true;
        }

        public VisitResult Large(ulong entryAt, ulong entry, int level, ulong address, ulong end)
        {
            if (!Pte<TFormat>.IsPresent(entry) || (entry & PteBits.Special) != 0)
                return VisitResult.Continue;
            uint head = Pte<TFormat>.PfnOf(entry);
            uint first = head + (uint)((address & (Pte<TFormat>.SizeAt(level) - 1)) >> Pfn.Shift);
            _sizes.AnonymousThp += end - address;
            for (uint page = 0; page < (end - address) >> Pfn.Shift; page++)
                Account(first + page, entry, owner._rmap.EntireMapCount(head));
            return VisitResult.Continue;
        }

        /// <summary>smaps_pte_hole: what stands in swap behind a private mapping of shared memory.</summary>
        public bool Hole(ulong address, ulong end)
        {
            ref VmArea area = ref owner._vmas[vma];
            if (countsHoles)
                _sizes.Swap += owner._pages.SwapUsage(area.Inode, area.PageIndex(address), area.PageIndex(end - 1)) << Pfn.Shift;
            return true;
        }

        private void AccountSwap(SwpEntry slot)
        {
            _sizes.Swap += Pfn.SizeBytes;
            _sizes.SwapPss += ((ulong)Pfn.SizeBytes << MemSizeStats.PssShift) / Math.Max(1, owner._swap.Count(slot));
        }

        private void Account(uint pfn, ulong entry, uint entireMappings)
        {
            ref PageFrame frame = ref owner._memMap[pfn];
            ref PageFrame head = ref owner._memMap[owner._memMap.Head(pfn)];
            if (entireMappings == 0 && (frame.Flags & (PageFlags.Head | PageFlags.Tail)) != 0)
                entireMappings = owner._rmap.EntireMapCount(owner._memMap.Head(pfn));
            ulong mappings = (ulong)frame.MapCount + entireMappings;
            bool isDirty = (entry & PteBits.Dirty) != 0 || IsDirty(pfn, in frame, in head);
            ulong pss = ((ulong)Pfn.SizeBytes << MemSizeStats.PssShift) / Math.Max(1, mappings);
            _sizes.Resident += Pfn.SizeBytes;
            if ((entry & PteBits.Accessed) != 0 || (head.Flags & PageFlags.Referenced) != 0)
                _sizes.Referenced += Pfn.SizeBytes;
            _sizes.Pss += pss;
            if ((frame.Flags & PageFlags.Anon) != 0)
            {
                _sizes.Anonymous += Pfn.SizeBytes;
                _sizes.PssAnon += pss;
                if ((head.Flags & PageFlags.SwapBacked) == 0 && !isDirty)
                    _sizes.LazyFree += Pfn.SizeBytes;
            }
            else if ((frame.Flags & PageFlags.SwapBacked) != 0)
            {
                _sizes.PssShmem += pss;
            }
            else
            {
                _sizes.PssFile += pss;
            }

            if (_isLocked)
                _sizes.PssLocked += pss;
            if (isDirty)
                _sizes.PssDirty += pss;
            switch ((mappings < 2, isDirty))
            {
                case (true, true):
                    _sizes.PrivateDirty += Pfn.SizeBytes;
                    break;
                case (true, false):
                    _sizes.PrivateClean += Pfn.SizeBytes;
                    break;
                case (false, true):
                    _sizes.SharedDirty += Pfn.SizeBytes;
                    break;
                default:
                    _sizes.SharedClean += Pfn.SizeBytes;
                    break;
            }
        }

        // A large folio of the page cache has one dirty flag; its frames are asked once, for they follow each other.
        private bool IsDirty(uint pfn, in PageFrame frame, in PageFrame head)
        {
            if ((frame.Flags & PageFlags.PageCache) == 0 || frame.FolioOrder == 0)
                return ((frame.Flags | head.Flags) & PageFlags.Dirty) != 0;
            (int, ulong) folio = (frame.Mapping, owner._pages.FolioStart(pfn));
            if (folio != _folio)
            {
                _folio = folio;
                _folioIsDirty = owner._pages.IsFolioDirty(pfn);
            }

            return _folioIsDirty;
        }
    }
}
