namespace Pagewise.Kernel.PageAllocator;

/// <summary>What is free in a zone, as /proc/pagetypeinfo and /proc/zoneinfo count it.</summary>
/// <param name="Node">The node.</param>
/// <param name="Type">The zone.</param>
public sealed record ZoneFreeCounts(int Node, ZoneType Type)
{
    /// <summary>Free blocks: [migrate type][order].</summary>
    public required IReadOnlyList<IReadOnlyList<long>> FreeBlocks { get; init; }

    /// <summary>Pageblocks by migrate type ("Number of blocks type").</summary>
    public IReadOnlyList<long> Pageblocks { get; init; } = [];

    /// <summary>Pages in the per-CPU lists, by CPU.</summary>
    public IReadOnlyList<int> PcpCounts { get; init; } = [];
}
