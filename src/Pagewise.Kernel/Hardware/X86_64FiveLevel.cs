using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.Hardware;

/// <summary>x86-64 with five levels (LA57): 57-bit addresses.</summary>
public readonly struct X86_64FiveLevel : IPageTableFormat
{
    /// <inheritdoc/>
    public static PageTableFormat Format => PageTableFormat.X86_64_5Level;

    /// <inheritdoc/>
    public static int Levels => 5;

    /// <inheritdoc/>
    public static int EntryBytes => 8;

    /// <inheritdoc/>
    public static int IndexBits => 9;

    /// <inheritdoc/>
    public static ulong MaxMemoryBytes => PhysicalMemory.MaxBytes;

    /// <inheritdoc/>
    public static int MaxLeafLevel => 3;

    /// <inheritdoc/>
    public static ulong NoExecute => PteBits.NoExecute;

    /// <inheritdoc/>
    public static bool TopHasRights => true;

    /// <inheritdoc/>
    public static ulong TaskSize => (1UL << 56) - 4096;

    /// <inheritdoc/>
    public static ulong InvertedWhenProtNone => PteBits.AddressMask;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsCanonical(ulong address) => (ulong)((long)address >> 56) + 1 <= 1;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load(PhysicalMemory memory, ulong physicalAddress) => memory.U64(physicalAddress);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(PhysicalMemory memory, ulong physicalAddress, ulong entry) => memory.U64(physicalAddress) = entry;

    /// <inheritdoc/>
    public static ulong SwapExclusive => 1UL << 3;

    /// <inheritdoc/>
    public static ulong MakeSwapEntry(int type, ulong offset) => SwapEntry64.Make(type, offset);

    /// <inheritdoc/>
    public static int SwapType(ulong entry) => SwapEntry64.Type(entry);

    /// <inheritdoc/>
    public static ulong SwapOffset(ulong entry) => SwapEntry64.Offset(entry);
}
