namespace Pagewise.Reports.Run;

/// <summary>One level of a page-table tree.</summary>
/// <param name="Name">pgd, p4d, pud, pmd or pte.</param>
/// <param name="Tables">Tables of this level.</param>
/// <param name="Entries">Entries in them that are present.</param>
/// <param name="Bytes">Bytes of the tables.</param>
public sealed record PageTableLevelFacts(string Name, long Tables, long Entries, ulong Bytes);
