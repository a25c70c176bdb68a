using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Swap;

namespace Pagewise.Kernel.Faults;

internal sealed partial class PageTablesOf<TFormat>
{
    /// <summary>See <see cref="Machine.ReadMappings"/>.</summary>
    public void ReadMappings(int mm, ulong start, ulong end, List<MappedRun> runs)
    {
        var visitor = new MappingVisitor(_tables, runs);
        _tables.Walk(mm, start, end, ref visitor);
    }

    private readonly struct MappingVisitor(PteTables<TFormat> tables, List<MappedRun> runs) : IEntryVisitor
    {
        public bool Entries(ulong firstEntry, ulong address, ulong end)
        {
            for (ulong at = firstEntry; address < end; at += (ulong)TFormat.EntryBytes, address += Pfn.SizeBytes)
            {
                ulong entry = tables.Load(at);
                if (Pte<TFormat>.IsPresent(entry))
                {
                    Add(new MappedRun(address, 1, 1, BitsOf(entry), Pte<TFormat>.PfnOf(entry), -1));
                }
                else if (Pte<TFormat>.IsSwap(entry))
                {
                    SwpEntry slot = Pte<TFormat>.SwapEntryOf(entry);
                    Add(new MappedRun(address, 1, 1, 0, slot.Offset, slot.Type));
                }
            }

            return true;
        }

        public VisitResult Large(ulong entryAt, ulong entry, int level, ulong address, ulong end)
        {
            if (!Pte<TFormat>.IsPresent(entry))
                return VisitResult.Continue;
            uint within = (uint)((address & (Pte<TFormat>.SizeAt(level) - 1)) >> Pfn.Shift);
            Add(new MappedRun(address, (end - address) >> Pfn.Shift, level, BitsOf(entry), Pte<TFormat>.PfnOf(entry) + within, -1));
            return VisitResult.Continue;
        }

        public bool Hole(ulong address, ulong end) => true;

        private static ulong BitsOf(ulong entry) => entry & ~PteBits.AddressMask;

        private void Add(in MappedRun next)
        {
            if (runs.Count > 0)
            {
                MappedRun last = runs[^1];
                if (last with { Start = next.Start, Pages = next.Pages, Pfn = next.Pfn } == next
                    && last.Start + (last.Pages << Pfn.Shift) == next.Start && last.Pfn + last.Pages == next.Pfn)
                {
                    runs[^1] = last with { Pages = last.Pages + next.Pages };
                    return;
                }
            }

            runs.Add(next);
        }
    }
}
