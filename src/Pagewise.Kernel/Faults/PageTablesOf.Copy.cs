using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Faults;

internal sealed partial class PageTablesOf<TFormat>
{
    public override bool NeedsCopy(int sourceVma)
    {
        ref VmArea area = ref _vmas[sourceVma];
        return (area.Flags & (VmFlags.PfnMap | VmFlags.MixedMap | VmFlags.MaybeGuard)) != 0 || area.AnonVma != 0;
    }

    public override bool Copy(int destinationVma, int sourceVma)
    {
        ref VmArea source = ref _vmas[sourceVma];
        CopyVisitor visitor = new(this, source.Mm, _vmas[destinationVma].Mm, source.Flags);
        bool done = _tables.Walk(source.Mm, source.Start, source.End, ref visitor);
        if (visitor.Protected)
            _cpus.FlushMm(source.Mm);
        return done;
    }

    /// <summary>copy_pte_range and copy_huge_pmd.</summary>
    private struct CopyVisitor(PageTablesOf<TFormat> owner, int sourceMm, int destinationMm, VmFlags flags) : IEntryVisitor
    {
        /// <summary>Whether the parent lost the right to write somewhere, so that its TLB must forget.</summary>
        public bool Protected;

        /// <summary>What the child's entry has of the parent's: not used yet, and not the one that wrote a shared page.</summary>
        private readonly ulong _kept = ~(PteBits.Accessed | ((flags & VmFlags.Shared) != 0 ? PteBits.Dirty : 0));

        private readonly bool _isCow = (flags & (VmFlags.Shared | VmFlags.MayWrite)) == VmFlags.MayWrite;

        public bool Entries(ulong firstEntry, ulong address, ulong end)
        {
            PteTables<TFormat> tables = owner._tables;
            ref MmStruct space = ref owner._mms[destinationMm];
            ulong last = firstEntry + (((end - address) >> Pfn.Shift) * (ulong)TFormat.EntryBytes);
            ulong destination = 0;
            long shared = 0;
            for (ulong at = firstEntry; at < last; at += (ulong)TFormat.EntryBytes)
            {
                ulong entry = tables.Load(at);
                if (entry == 0)
                    continue;
                if (destination == 0)
                {
                    // The child's table appears with the first entry it gets; a table of empty entries is not copied.
                    destination = tables.Allocate(destinationMm, address, 1);
                    if (destination == 0)
                        return false;
                    destination -= firstEntry;
                    // Making the table may have taken this very page.
                    entry = tables.Load(at);
                }

                if (!Pte<TFormat>.IsPresent(entry))
                {
                    if (Pte<TFormat>.IsSwap(entry))
                        tables.Store(destination + at, ShareSwapped(ref space, at, entry));
                    else if (Pte<TFormat>.IsCopiedMarker(entry))
                        tables.Store(destination + at, entry);
                    continue;
                }

                if ((entry & PteBits.Special) == 0 && owner._rmap.TryAddAnon(Pte<TFormat>.PfnOf(entry)))
                {
                    shared++;
                    if (_isCow && (entry & PteBits.Write) != 0)
                        Protect(at, ref entry);
                    tables.Store(destination + at, entry & _kept);
                    continue;
                }

                tables.Store(destination + at, Share(ref space, at, entry));
            }

            space.Rss.AnonPages += shared;
            return true;
        }

        public VisitResult Large(ulong entryAt, ulong entry, int level, ulong address, ulong end)
        {
            ref MmStruct space = ref owner._mms[destinationMm];
            ulong destination = owner._tables.Allocate(destinationMm, address, level);
            if (destination == 0 || !owner._faults.Deposit(ref space, destination))
                return VisitResult.Stop;
            if ((entry & PteBits.Special) == 0)
            {
                uint head = Pte<TFormat>.PfnOf(entry);
                owner._memMap[head].Flags &= ~PageFlags.AnonExclusive;
                owner._rmap.AddHuge(ref space, head);
                Protect(entryAt, ref entry);
            }

            owner._tables.Store(destination, entry & ~PteBits.Accessed);
            return VisitResult.Continue;
        }

        public readonly bool Hole(ulong address, ulong end) => true;

        /// <summary>The child's entry for a page that the parent has; takes the parent's right to write away where both shall copy.</summary>
        private ulong Share(ref MmStruct space, ulong at, ulong entry)
        {
            if ((entry & PteBits.Special) == 0)
            {
                uint pfn = Pte<TFormat>.PfnOf(entry);
                owner._memMap[pfn].Flags &= ~PageFlags.AnonExclusive;
                owner._rmap.Add(ref space, pfn);
                if (_isCow && (entry & PteBits.Write) != 0)
                    Protect(at, ref entry);
            }

            return entry & _kept;
        }

        /// <summary>A page in swap belongs to nobody alone from now on (copy_nonpresent_pte).</summary>
        private readonly ulong ShareSwapped(ref MmStruct space, ulong at, ulong entry)
        {
            owner._swap.Duplicate(Pte<TFormat>.SwapEntryOf(entry));
            space.Rss.SwapEntries++;
            if (space.SwappedPrev == 0)
                owner._swapped.AddBehind(sourceMm, destinationMm);
            entry &= ~TFormat.SwapExclusive;
            owner._tables.Store(at, entry);
            return entry;
        }

        private void Protect(ulong at, ref ulong entry)
        {
            entry &= ~PteBits.Write;
            owner._tables.Store(at, entry);
            Protected = true;
        }
    }
}
