namespace Pagewise.Kernel.PageAllocator;

/// <summary>A free block in a CPU's list.</summary>
/// <param name="Cpu">The CPU.</param>
/// <param name="Block">The block.</param>
public readonly record struct PcpBlock(int Cpu, FreeBlock Block);
