using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel;

internal sealed partial class FormatMachine<TFormat>
{
    public override int PageTableLevels => TFormat.Levels;

    public override int PageTableEntryBytes => TFormat.EntryBytes;

    public override IReadOnlyList<PageWalkStep> ReadWalk(int mm, ulong address)
    {
        var steps = new List<PageWalkStep>();
        ulong table = TopTable(mm);
        for (int level = TFormat.Levels; table != 0 && level >= 1; level--)
        {
            ulong at = Pte<TFormat>.EntryAt(table, address, level);
            ulong entry = TFormat.Load(MemMap.Memory, at);
            steps.Add(new PageWalkStep(level, (uint)(table >> Pfn.Shift), (int)((at - table) / (ulong)TFormat.EntryBytes), entry));
            if (level == 1 || !Pte<TFormat>.IsTable(entry))
                break;
            table = entry & PteBits.AddressMask;
        }

        return steps;
    }

    public override uint FindFrame(int mm, ulong address)
    {
        (ulong entry, int level) = ReadEntry(mm, address);
        return FrameOf(entry, level, address);
    }

    private static uint FrameOf(ulong entry, int level, ulong address) => Pte<TFormat>.IsPresent(entry)
        ? Pte<TFormat>.PfnOf(entry) + (uint)((address & (Pte<TFormat>.SizeAt(level) - 1)) >> Pfn.Shift)
        : 0;

    /// <summary>The last entry that a walk for an address reads, and its level; 0 where there is no table.</summary>
    private (ulong Entry, int Level) ReadEntry(int mm, ulong address)
    {
        ulong table = TopTable(mm);
        for (int level = TFormat.Levels; table != 0; level--)
        {
            ulong entry = TFormat.Load(MemMap.Memory, Pte<TFormat>.EntryAt(table, address, level));
            if (level == 1 || !Pte<TFormat>.IsTable(entry))
                return (entry, level);
            table = entry & PteBits.AddressMask;
        }

        return default;
    }

    public override void ReadPresence(int mm, ulong start, Span<bool> present)
    {
        present.Clear();
        ulong top = TopTable(mm);
        if (top != 0)
            ReadPresence(top, TFormat.Levels, start, present);
    }

    public override bool IsSwapped(int mm, ulong address)
    {
        (ulong entry, int level) = ReadEntry(mm, address);
        return level == 1 && Pte<TFormat>.IsSwap(entry);
    }

    public override IReadOnlyList<TlbFinding> FindInTlbs(int mm, ulong address)
    {
        var findings = new List<TlbFinding>();
        if (!TFormat.IsCanonical(address))
            return findings;
        for (int cpu = 0; cpu < _cpus.Count; cpu++)
            _cpus[cpu].FindTranslations(AddressSpaces.Mms[mm].ContextId, address, findings);
        return findings;
    }

    public override PageTableCensus Census(int mm, ulong start, ulong end, ulong floor = 0)
    {
        PageTableCensus census = default;
        ulong table = TopTable(mm);
        if (table != 0 && start < end)
            Count(table, TFormat.Levels, 0, start, end, floor, ref census);
        return census;
    }

    public override void ReadMappings(int mm, ulong start, ulong end, List<MappedRun> runs)
    {
        if (mm != 0)
            _pageTables.ReadMappings(mm, start, end, runs);
    }

    public override IReadOnlyList<PageTableFrame> ReadTables(int mm)
    {
        var tables = new List<PageTableFrame>();
        ulong top = TopTable(mm);
        if (top != 0)
            Collect(top, TFormat.Levels, 0, tables);
        return tables;
    }

    public override bool PeekMemory(int mm, ulong address, Span<byte> destination)
    {
        Span<byte> page = stackalloc byte[Pfn.SizeBytes];
        while (!destination.IsEmpty)
        {
            int within = (int)(address & (Pfn.SizeBytes - 1));
            int length = Math.Min(destination.Length, Pfn.SizeBytes - within);
            (ulong entry, int level) = ReadEntry(mm, address);
            uint pfn = FrameOf(entry, level, address);
            if (pfn != 0)
            {
                MemMap.Memory.Bytes(((ulong)pfn << Pfn.Shift) + (ulong)within, length).CopyTo(destination);
            }
            else
            {
                page.Clear();
                if (level == 1 && Pte<TFormat>.IsSwap(entry) && !Swap.Peek(Pte<TFormat>.SwapEntryOf(entry), page))
                    return false;
                page.Slice(within, length).CopyTo(destination);
            }

            destination = destination[length..];
            address += (ulong)length;
        }

        return true;
    }

    private void Collect(ulong table, int level, ulong covers, List<PageTableFrame> tables)
    {
        tables.Add(new PageTableFrame(level, (uint)(table >> Pfn.Shift), covers));
        if (level == 1)
            return;
        for (int index = 0; index < 1 << TFormat.IndexBits; index++)
        {
            ulong entry = TFormat.Load(MemMap.Memory, table + ((ulong)index * (ulong)TFormat.EntryBytes));
            if (Pte<TFormat>.IsTable(entry))
                Collect(entry & PteBits.AddressMask, level - 1, covers + ((ulong)index * Pte<TFormat>.SizeAt(level)), tables);
        }
    }

    private ulong TopTable(int mm) => mm == 0 ? 0 : (ulong)AddressSpaces.Mms[mm].Pgd << Pfn.Shift;

    private void ReadPresence(ulong table, int level, ulong start, Span<bool> present)
    {
        ulong size = Pte<TFormat>.SizeAt(level);
        while (!present.IsEmpty)
        {
            int pages = (int)Math.Min((ulong)present.Length, ((start & ~(size - 1)) + size - start) >> Pfn.Shift);
            ulong at = Pte<TFormat>.EntryAt(table, start, level);
            ulong entry = TFormat.Load(MemMap.Memory, at);
            if (level > 1 && Pte<TFormat>.IsTable(entry))
                ReadPresence(entry & PteBits.AddressMask, level - 1, start, present[..pages]);
            else if (Pte<TFormat>.IsPresent(entry))
                present[..pages].Fill(true);
            present = present[pages..];
            start += (ulong)pages << Pfn.Shift;
        }
    }

    private void Count(ulong table, int level, ulong covers, ulong start, ulong end, ulong floor, ref PageTableCensus census)
    {
        if (covers >= floor)
            census.Tables[level]++;
        ulong size = Pte<TFormat>.SizeAt(level);
        while (start < end)
        {
            ulong low = start & ~(size - 1);
            ulong next = low + size > end || low + size < low ? end : low + size;
            ulong entry = TFormat.Load(MemMap.Memory, Pte<TFormat>.EntryAt(table, start, level));
            if (entry != 0)
                census.Entries[level]++;
            if (level > 1 && Pte<TFormat>.IsTable(entry))
                Count(entry & PteBits.AddressMask, level - 1, low, start, next, floor, ref census);
            else if (Pte<TFormat>.IsPresent(entry))
                census.ResidentPages += (long)((next - start) >> Pfn.Shift);
            start = next;
        }
    }
}
