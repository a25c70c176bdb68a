namespace Pagewise.Kernel.PageAllocator;

/// <summary>
/// A state that an allocator begins with instead of "all free": what is free and in which order it will be taken. All
/// other managed frames are in use.
/// </summary>
public sealed record AllocatorState
{
    /// <summary>Free blocks; within a list of one order and type in the order in which they are taken.</summary>
    public IReadOnlyList<FreeBlock> FreeBlocks { get; init; } = [];

    /// <summary>Blocks in per-CPU lists, within a list in the order in which they are taken.</summary>
    public IReadOnlyList<PcpBlock> PcpBlocks { get; init; } = [];

    /// <summary>Pageblocks that are not movable: ranges in whole pageblocks.</summary>
    public IReadOnlyList<(PfnRange Range, MigrateType Type)> Pageblocks { get; init; } = [];
}
