using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Faults;

internal sealed partial class PageTablesOf<TFormat>
{
    public override void Zap(int vma, ulong start, ulong end, bool keepMarkers) =>
        Zap(_vmas[vma].Mm, start, end, keepMarkers, evenCows: true);

    private void Zap(int mm, ulong start, ulong end, bool keepMarkers, bool evenCows)
    {
        ref MmStruct space = ref _mms[mm];
        space.HiwaterRss = Math.Max(space.HiwaterRss, space.Rss.Total);
        _lru.Drain();
        ZapVisitor visitor = new(this, mm, keepMarkers, evenCows);
        _tables.Walk(mm, start, end, ref visitor);
        if (visitor.Changed)
            _cpus.FlushRange(mm, start, end, Pfn.SizeBytes, freedTables: false);
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
                owner._pages.DirtyFolio(pfn);
            }

            owner._rmap.Remove(ref space, pfn);
            return true;
        }
    }
}
