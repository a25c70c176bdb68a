using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Faults;

/// <summary>What the page tables hold for a range of an address space, counted by reading them.</summary>
public struct PageTableCensus
{
    /// <summary>Tables by level; index 1 is the last level.</summary>
    public LevelCounts Tables;

    /// <summary>Entries in use by level: tables, pages, swap entries and markers.</summary>
    public LevelCounts Entries;

    /// <summary>4 KiB pages mapped, those of large entries included and the zero page too.</summary>
    public long ResidentPages;
}
