using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Faults;

internal sealed partial class PteTables<TFormat>
{
    /// <summary>Visits what the tables hold for [start, end), ascending (walk_page_range).</summary>
    /// <returns>False when the visitor ended it.</returns>
    public bool Walk<TVisitor>(int mm, ulong start, ulong end, ref TVisitor visitor)
        where TVisitor : struct, IEntryVisitor, allows ref struct => start >= end || WalkTable(Pgd(mm), TFormat.Levels, start, end, ref visitor);

    private bool WalkTable<TVisitor>(ulong table, int level, ulong start, ulong end, ref TVisitor visitor)
        where TVisitor : struct, IEntryVisitor, allows ref struct
    {
        if (level == 1)
            return visitor.Entries(Pte<TFormat>.EntryAt(table, start, 1), start, end);
        ulong size = Pte<TFormat>.SizeAt(level);
        ulong at = Pte<TFormat>.EntryAt(table, start, level);
        while (start < end)
        {
            ulong next = (start & ~(size - 1)) + size;
            if (next > end || next == 0)
                next = end;
            ulong entry = Load(at);
            if (Pte<TFormat>.IsTable(entry))
            {
                if (!WalkTable(entry & PteBits.AddressMask, level - 1, start, next, ref visitor))
                    return false;
            }
            else if (entry == 0)
            {
                if (!visitor.Hole(start, next))
                    return false;
            }
            else
            {
                VisitResult result = visitor.Large(at, entry, level, start, next);
                if (result == VisitResult.Stop)
                    return false;
                if (result == VisitResult.Again)
                    continue;
            }

            start = next;
            at += (ulong)TFormat.EntryBytes;
        }

        return true;
    }

    /// <summary>
    /// Frees the tables that only [start, end) used (free_pgd_range). A table goes when all it covers lies within
    /// [floor, ceiling): the end of the area below and the start of the one above. Its entries are empty already.
    /// </summary>
    /// <param name="mm">The address space.</param>
    /// <param name="start">First address that was unmapped.</param>
    /// <param name="end">One past the last.</param>
    /// <param name="floor">End of the area below.</param>
    /// <param name="ceiling">Start of the area above; 0 for none.</param>
    /// <param name="gather">Takes the tables.</param>
    public void FreeRange(int mm, ulong start, ulong end, ulong floor, ulong ceiling, MmuGather<TFormat> gather)
    {
        if (start < end)
            FreeBelow(Pgd(mm), TFormat.Levels, start, end, floor, ceiling - 1, gather);
    }

    /// <summary>Frees the tables under one table's entries for [start, end).</summary>
    /// <param name="table">The table.</param>
    /// <param name="level">Its level, at least 2.</param>
    /// <param name="start">First address.</param>
    /// <param name="end">One past the last.</param>
    /// <param name="floor">Lowest address that a freed table may cover.</param>
    /// <param name="last">Highest address that a freed table may cover.</param>
    /// <param name="gather">Takes the tables.</param>
    private void FreeBelow(ulong table, int level, ulong start, ulong end, ulong floor, ulong last, MmuGather<TFormat> gather)
    {
        ulong size = Pte<TFormat>.SizeAt(level);
        ulong at = Pte<TFormat>.EntryAt(table, start, level);
        for (ulong next; start < end; start = next, at += (ulong)TFormat.EntryBytes)
        {
            ulong low = start & ~(size - 1);
            next = low + size;
            if (next > end || next == 0)
                next = end;
            ulong entry = Load(at);
            if (!Pte<TFormat>.IsTable(entry))
                continue;
            ulong child = entry & PteBits.AddressMask;
            if (level > 2)
                FreeBelow(child, level - 1, start, next, floor, last, gather);
            if (low < floor || low + (size - 1) > last)
                continue;
            Store(at, 0);
            gather.RemoveTable(level - 1, (uint)(child >> Pfn.Shift), start);
        }
    }

    /// <summary>Frames of page tables of an address space, by level, the top one included. A walker for reports and tests.</summary>
    public LevelCounts CountTables(int mm)
    {
        LevelCounts counts = default;
        Count(Pgd(mm), TFormat.Levels, ref counts);
        return counts;
    }

    private void Count(ulong table, int level, ref LevelCounts counts)
    {
        counts[level]++;
        if (level == 1)
            return;
        for (ulong at = table; at < table + Pfn.SizeBytes; at += (ulong)TFormat.EntryBytes)
        {
            ulong entry = Load(at);
            if (Pte<TFormat>.IsTable(entry))
                Count(entry & PteBits.AddressMask, level - 1, ref counts);
        }
    }
}
