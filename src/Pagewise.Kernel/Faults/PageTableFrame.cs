namespace Pagewise.Kernel.Faults;

/// <summary>A page table of an address space.</summary>
/// <param name="Level">Its level: 1 is the last (PTE), the highest is the PGD.</param>
/// <param name="Pfn">Its frame.</param>
/// <param name="Covers">The first address that it covers.</param>
public readonly record struct PageTableFrame(int Level, uint Pfn, ulong Covers);
