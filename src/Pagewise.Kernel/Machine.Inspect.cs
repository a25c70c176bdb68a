using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel;

/// <content>Looking at page tables and TLBs without changing them: for reports and explanations.</content>
public abstract partial class Machine
{
    /// <summary>Levels of page tables, 2 to 5.</summary>
    public abstract int PageTableLevels { get; }

    /// <summary>Bytes of a page-table entry, 4 or 8.</summary>
    public abstract int PageTableEntryBytes { get; }

    /// <summary>The entries that a walk for an address reads, from the top down to the first that points to no table.</summary>
    /// <param name="mm">The address space's index.</param>
    /// <param name="address">The virtual address.</param>
    public abstract IReadOnlyList<PageWalkStep> ReadWalk(int mm, ulong address);

    /// <summary>The frame that translates an address, accessible or PROT_NONE; 0 when no page is mapped there.</summary>
    /// <param name="mm">The address space's index.</param>
    /// <param name="address">The virtual address.</param>
    public abstract uint FindFrame(int mm, ulong address);

    /// <summary>Whether each page of a range has a present entry, as /proc/PID/pagemap says it.</summary>
    /// <param name="mm">The address space's index.</param>
    /// <param name="start">The first address, page-aligned.</param>
    /// <param name="present">A flag for each page from there on.</param>
    public abstract void ReadPresence(int mm, ulong start, Span<bool> present);

    /// <summary>Whether the page of an address is in swap.</summary>
    /// <param name="mm">The address space's index.</param>
    /// <param name="address">The virtual address.</param>
    public abstract bool IsSwapped(int mm, ulong address);

    /// <summary>The TLBs that hold a translation of an address.</summary>
    /// <param name="mm">The address space's index.</param>
    /// <param name="address">The virtual address.</param>
    public abstract IReadOnlyList<TlbFinding> FindInTlbs(int mm, ulong address);

    /// <summary>Counts tables, entries and pages of [start, end).</summary>
    /// <param name="mm">The address space's index.</param>
    /// <param name="start">First address, page-aligned.</param>
    /// <param name="end">One past the last.</param>
    /// <param name="floor">Tables that cover anything below are not counted: they belong to what lies there. 0 counts all.</param>
    public abstract PageTableCensus Census(int mm, ulong start, ulong end, ulong floor = 0);

    /// <summary>The pages of a range that have an entry: mapped, PROT_NONE or in swap; alike neighbours are one run (/proc/PID/pagemap).</summary>
    /// <param name="mm">The address space's index.</param>
    /// <param name="start">First address, page-aligned.</param>
    /// <param name="end">One past the last.</param>
    /// <param name="runs">Where they are added, ascending.</param>
    public abstract void ReadMappings(int mm, ulong start, ulong end, List<MappedRun> runs);

    /// <summary>The page tables of an address space, each with what it covers, the top one first.</summary>
    /// <param name="mm">The address space's index.</param>
    public abstract IReadOnlyList<PageTableFrame> ReadTables(int mm);

    /// <summary>Reads bytes as they stand, in memory or in swap, without an access: nothing is faulted in. What has no entry reads as zero.</summary>
    /// <param name="mm">The address space's index.</param>
    /// <param name="address">The first byte's virtual address.</param>
    /// <param name="destination">Where the bytes go.</param>
    /// <returns>False: some page's bytes cannot be had.</returns>
    public abstract bool PeekMemory(int mm, ulong address, Span<byte> destination);
}
