using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Faults;

/// <summary>Neighbouring pages of an address space with like entries and neighbouring frames, or slots of swap.</summary>
/// <param name="Start">The first page's address.</param>
/// <param name="Pages">Pages of 4 KiB.</param>
/// <param name="Level">The level of the entries: 1, or 2 and above for large pages.</param>
/// <param name="Bits">The first entry's bits without its frame: <see cref="PteBits"/>. 0 for swap.</param>
/// <param name="Pfn">The first page's frame, or its slot of swap.</param>
/// <param name="SwapType">The swap area; -1: the pages are mapped.</param>
public readonly record struct MappedRun(ulong Start, ulong Pages, int Level, ulong Bits, uint Pfn, int SwapType)
{
    /// <summary>Whether the pages are in swap.</summary>
    public bool IsSwapped => SwapType >= 0;
}
