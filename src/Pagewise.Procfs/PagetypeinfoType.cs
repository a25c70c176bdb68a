namespace Pagewise.Procfs;

/// <summary>One migrate type of a zone in /proc/pagetypeinfo.</summary>
/// <param name="Name">Its name.</param>
/// <param name="FreeBlocks">Free blocks, by order.</param>
/// <param name="Blocks">Pageblocks of the type.</param>
public sealed record PagetypeinfoType(string Name, IReadOnlyList<long> FreeBlocks, long Blocks)
{
    /// <summary>Orders, a bit each, of which there are more: the kernel stops counting at 100000 and writes "&gt;100000".</summary>
    public int CappedOrders { get; init; }
}
