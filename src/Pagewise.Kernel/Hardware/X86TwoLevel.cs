using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.Hardware;

/// <summary>x86 with two levels (PGD, PTE) of 4-byte entries: 32-bit addresses split 3:1, 4 MiB large pages, no execute protection.</summary>
public readonly struct X86TwoLevel : IPageTableFormat
{
    /// <inheritdoc/>
    public static PageTableFormat Format => PageTableFormat.X86_32;

    /// <inheritdoc/>
    public static int Levels => 2;

    /// <inheritdoc/>
    public static int EntryBytes => 4;

    /// <inheritdoc/>
    public static int IndexBits => 10;

    /// <inheritdoc/>
    public static ulong MaxMemoryBytes => 1UL << 32;

    /// <inheritdoc/>
    public static int MaxLeafLevel => 2;

    /// <inheritdoc/>
    public static ulong NoExecute => 0;

    /// <inheritdoc/>
    public static bool TopHasRights => true;

    /// <inheritdoc/>
    public static ulong TaskSize => 0xC000_0000UL;

    /// <inheritdoc/>
    public static ulong InvertedWhenProtNone => 0;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsCanonical(ulong address) => address <= uint.MaxValue;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load(PhysicalMemory memory, ulong physicalAddress) => memory.U32(physicalAddress);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(PhysicalMemory memory, ulong physicalAddress, ulong entry) => memory.U32(physicalAddress) = (uint)entry;

    /// <inheritdoc/>
    public static ulong SwapExclusive => 1UL << 7;

    /// <inheritdoc/>
    public static ulong MakeSwapEntry(int type, ulong offset) => SwapEntry32.Make(type, offset);

    /// <inheritdoc/>
    public static int SwapType(ulong entry) => SwapEntry32.Type(entry);

    /// <inheritdoc/>
    public static ulong SwapOffset(ulong entry) => SwapEntry32.Offset(entry);
}
