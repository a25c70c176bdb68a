namespace Pagewise.Reports.Run;

/// <summary>The page-table tree of an address space.</summary>
public sealed record PageTableFacts
{
    /// <summary>Levels from the top down.</summary>
    public IReadOnlyList<PageTableLevelFacts> Levels { get; init; } = [];

    /// <summary>Bytes of all tables.</summary>
    public ulong Bytes { get; init; }

    /// <summary>
    /// Bytes of a flat table instead: one entry for each page of the whole user address space (2^20 entries for 4 GiB).
    /// </summary>
    public ulong FlatBytes { get; init; }
}
