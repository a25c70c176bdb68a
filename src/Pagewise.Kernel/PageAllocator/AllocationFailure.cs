namespace Pagewise.Kernel.PageAllocator;

/// <summary>An allocation that got nothing, for the report that warn_alloc prints ("page allocation failure").</summary>
/// <param name="Order">The block wanted.</param>
/// <param name="Gfp">What was asked for.</param>
/// <param name="NodeMask">Nodes that could have served it.</param>
public readonly record struct AllocationFailure(int Order, Gfp Gfp, ulong NodeMask);
