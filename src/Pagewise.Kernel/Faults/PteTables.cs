using System.Runtime.CompilerServices;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Faults;

/// <summary>
/// The tables themselves: finding entries, making missing tables, freeing unneeded ones, walking ranges. Tables are
/// frames of the machine; a table is freed empty, so its frame reads as zero when it is used again.
/// </summary>
/// <typeparam name="TFormat">The page-table format.</typeparam>
internal sealed partial class PteTables<TFormat>(AddressSpaceArenas spaces, MemMap memMap, BuddyAllocator allocator, VmStat stat, MmFeatures features, MemCgroups memcgs)
    where TFormat : struct, IPageTableFormat
{
    private readonly PhysicalMemory _memory = memMap.Memory;
    private readonly int _countedLevels = features.CountedTableLevels;
    private readonly Gfp _tableGfp = features.TablesAreCompound ? Gfp.PageTable | Gfp.Comp : Gfp.PageTable;

    /// <summary>Reads an entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Load(ulong entryAt) => TFormat.Load(_memory, entryAt);

    /// <summary>Writes an entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ulong entryAt, ulong entry) => TFormat.Store(_memory, entryAt, entry);

    /// <summary>The top table's physical address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Pgd(int mm) => (ulong)spaces.Mms[mm].Pgd << Pfn.Shift;

    /// <summary>
    /// The lowest entry there is for an address, not below a level: an empty or large entry ends the descent.
    /// </summary>
    /// <param name="mm">The address space.</param>
    /// <param name="address">The virtual address.</param>
    /// <param name="wanted">The level to descend to.</param>
    /// <param name="level">The level reached.</param>
    /// <returns>The entry's physical address.</returns>
    public ulong Find(int mm, ulong address, int wanted, out int level)
    {
        level = TFormat.Levels;
        ulong at = Pte<TFormat>.EntryAt(Pgd(mm), address, level);
        while (level > wanted)
        {
            ulong entry = Load(at);
            if (!Pte<TFormat>.IsTable(entry))
                break;
            level--;
            at = Pte<TFormat>.EntryAt(entry & PteBits.AddressMask, address, level);
        }

        return at;
    }

    /// <summary>Asks the host for the entry of an address, which will be looked at soon. Changes nothing in the model.</summary>
    public void Prefetch(int mm, ulong address)
    {
        ulong table = Load(Find(mm, address, 2, out _));
        if (Pte<TFormat>.IsTable(table))
            _memory.Prefetch(Pte<TFormat>.EntryAt(table & PteBits.AddressMask, address, 1));
    }

    /// <summary>The last-level entry of an address, or 0 when its table is missing or a large entry stands above.</summary>
    public ulong FindPte(int mm, ulong address)
    {
        ulong at = Find(mm, address, 1, out int level);
        return level == 1 ? at : 0;
    }

    /// <summary>The entry of an address at a level, with the tables above it made where missing (pmd_alloc, pte_alloc).</summary>
    /// <returns>Its physical address; 0 when no frame is left. No large entry may stand above it.</returns>
    public ulong Allocate(int mm, ulong address, int wanted)
    {
        ulong at = Find(mm, address, wanted, out int level);
        while (level > wanted)
        {
            uint table = NewTable(ref spaces.Mms[mm], level - 1);
            if (table == 0)
                return 0;
            Store(at, ((ulong)table << Pfn.Shift) | EntryToTable(level));
            level--;
            at = Pte<TFormat>.EntryAt((ulong)table << Pfn.Shift, address, level);
        }

        return at;
    }

    /// <summary>A zeroed frame for a table of a level, charged to an address space (pte_alloc_one, mm_inc_nr_ptes); 0 when none is left.</summary>
    public uint NewTable(ref MmStruct mm, int level)
    {
        uint pfn = allocator.AllocPages(_tableGfp, 0);
        if (pfn == 0)
            return 0;
        if (!memcgs.ChargeKernelFrame(pfn, _tableGfp))
        {
            allocator.FreePages(pfn, 0);
            return 0;
        }

        _memory.PreferLargeHostPage(pfn);
        memMap[pfn].Flags |= PageFlags.Table;
        memMap[pfn].MapCount = level;
        Count(pfn, level, 1);
        if (IsCharged(level))
            mm.PgtablesBytes += Pfn.SizeBytes;
        return pfn;
    }

    /// <summary>Gives an empty table's frame back.</summary>
    public void FreeTable(ref MmStruct mm, int level, uint pfn)
    {
        Uncount(ref mm, level, pfn);
        allocator.FreePages(pfn, 0);
    }

    /// <summary>Takes a table off the books (mm_dec_nr_ptes, pagetable_dtor); its frame is the caller's to free.</summary>
    public void Uncount(ref MmStruct mm, int level, uint pfn)
    {
        Count(pfn, level, -1);
        if (IsCharged(level))
            mm.PgtablesBytes -= Pfn.SizeBytes;
    }

    /// <summary>Whether a table has no entry at all.</summary>
    public bool IsEmpty(ulong table)
    {
        for (ulong at = table; at < table + Pfn.SizeBytes; at += sizeof(ulong))
        {
            if (_memory.U64(at) != 0)
                return false;
        }

        return true;
    }

    /// <summary>What an entry that points to a table holds besides the address.</summary>
    public static ulong EntryToTable(int level) =>
        level == TFormat.Levels && !TFormat.TopHasRights ? PteBits.Present : PteBits.TableEntry;

    private void Count(uint pfn, int level, int change)
    {
        stat.PageTableFrames += change;
        if (level <= _countedLevels && (level < TFormat.Levels || _countedLevels > 3))
        {
            stat.NrPageTablePages += change;
            memcgs.Count(memMap[pfn].Memcg, MemcgStat.Pagetables, change);
        }
    }

    /// <summary>Linux charges PTE, PMD and PUD tables; not a P4D or the PGD (mm_pgtables_bytes).</summary>
    private static bool IsCharged(int level) => level <= 3 && level < TFormat.Levels;
}
