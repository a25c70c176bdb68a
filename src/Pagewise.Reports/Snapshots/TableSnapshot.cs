namespace Pagewise.Reports.Snapshots;

/// <summary>The page tables of an address space as columns: element i of each says of table i what it is.</summary>
public sealed record TableSnapshot
{
    /// <summary>Level: 1 is the last (PTE), the highest is the PGD.</summary>
    public List<int> Level { get; init; } = [];

    /// <summary>Its frame.</summary>
    public List<uint> Pfn { get; init; } = [];

    /// <summary>The number of the first page that it covers.</summary>
    public List<long> Page { get; init; } = [];
}
