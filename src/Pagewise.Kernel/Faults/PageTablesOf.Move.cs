using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Faults;

internal sealed partial class PageTablesOf<TFormat>
{
    public override bool Move(int oldVma, ulong oldStart, int newVma, ulong newStart, ulong lengthBytes)
    {
        int mm = _vmas[oldVma].Mm;
        MoveVisitor visitor = new(this, mm, newStart - oldStart);
        bool done = _tables.Walk(mm, oldStart, oldStart + lengthBytes, ref visitor);
        if (visitor.Moved)
            _cpus.FlushRange(mm, oldStart, oldStart + lengthBytes, Pfn.SizeBytes, freedTables: false);
        return done;
    }

    /// <summary>
    /// move_page_tables: entries go one by one to the same place plus a distance; a large entry, or a whole last-level
    /// table, goes as it is where both ends allow it. Linux also moves tables of 1 GiB, and tables at the rim of areas
    /// with nothing beside them; the outcome is the same.
    /// </summary>
    private struct MoveVisitor(PageTablesOf<TFormat> owner, int mm, ulong distance) : IEntryVisitor
    {
        public bool Moved;

        public bool Entries(ulong firstEntry, ulong address, ulong end)
        {
            PteTables<TFormat> tables = owner._tables;
            if (end - address == Pte<TFormat>.SizeAt(2) && (distance & (Pte<TFormat>.SizeAt(2) - 1)) == 0 && MoveTable(address))
                return true;
            ulong destination = 0;
            for (ulong at = firstEntry; address < end; at += (ulong)TFormat.EntryBytes, address += Pfn.SizeBytes)
            {
                ulong target = address + distance;
                destination = destination == 0 || (target & (Pte<TFormat>.SizeAt(2) - 1)) == 0
                    ? 0
                    : destination + (ulong)TFormat.EntryBytes;
                // A table on this side makes one on the other, even if nothing in it has to move (pte_alloc).
                if (destination == 0)
                {
                    destination = tables.Allocate(mm, target, 1);
                    if (destination == 0)
                        return false;
                }

                ulong entry = tables.Load(at);
                if (entry == 0)
                    continue;
                tables.Store(at, 0);
                tables.Store(destination, entry);
                Moved = true;
            }

            return true;
        }

        public VisitResult Large(ulong entryAt, ulong entry, int level, ulong address, ulong end)
        {
            bool isWhole = end - address == Pte<TFormat>.SizeAt(level) && (distance & (Pte<TFormat>.SizeAt(level) - 1)) == 0;
            if (!isWhole)
            {
                owner._faults.SplitPmd(mm, address, entryAt);
                return VisitResult.Again;
            }

            ulong destination = owner._tables.Allocate(mm, address + distance, level);
            if (destination == 0)
                return VisitResult.Stop;
            // An empty table may stand where the large entry goes; it becomes the deposited one.
            ulong there = owner._tables.Load(destination);
            if (there != 0)
                owner._tables.FreeTable(ref owner._mms[mm], 1, Pte<TFormat>.PfnOf(there));
            uint table = owner._faults.Withdraw(entryAt);
            owner._faults.PutAside(destination, table);
            owner._tables.Store(entryAt, 0);
            owner._tables.Store(destination, entry);
            Moved = true;
            return VisitResult.Continue;
        }

        public readonly bool Hole(ulong address, ulong end) => true;

        /// <summary>move_normal_pmd: hangs a last-level table under the level-2 entry of its new place, if that is empty.</summary>
        private bool MoveTable(ulong address)
        {
            ulong destination = owner._tables.Allocate(mm, address + distance, 2);
            if (destination == 0 || owner._tables.Load(destination) != 0)
                return false;
            ulong source = owner._tables.Find(mm, address, 2, out _);
            owner._tables.Store(destination, owner._tables.Load(source));
            owner._tables.Store(source, 0);
            Moved = true;
            return true;
        }
    }
}
