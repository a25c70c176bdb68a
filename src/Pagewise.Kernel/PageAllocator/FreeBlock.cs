namespace Pagewise.Kernel.PageAllocator;

/// <summary>A free block at a known place.</summary>
/// <param name="Pfn">The first frame.</param>
/// <param name="Order">The size.</param>
/// <param name="Type">The list that it is in.</param>
public readonly record struct FreeBlock(uint Pfn, int Order, MigrateType Type);
