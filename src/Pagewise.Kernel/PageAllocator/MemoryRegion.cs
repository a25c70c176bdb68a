namespace Pagewise.Kernel.PageAllocator;

/// <summary>RAM that belongs to one node: a region of memblock, as the firmware reports it.</summary>
/// <param name="Node">The node's number.</param>
/// <param name="Range">Its frames.</param>
public readonly record struct MemoryRegion(int Node, PfnRange Range);
