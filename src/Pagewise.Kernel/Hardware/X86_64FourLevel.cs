using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.Hardware;

/// <summary>x86-64 with four levels (PGD, PUD, PMD, PTE): 48-bit addresses, of which user space has the lower half less one guard page.</summary>
public readonly struct X86_64FourLevel : IPageTableFormat
{
    /// <inheritdoc/>
    public static PageTableFormat Format => PageTableFormat.X86_64;

    /// <inheritdoc/>
    public static int Levels => 4;

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
    public static ulong TaskSize => (1UL << 47) - 4096;

    /// <inheritdoc/>
    public static ulong InvertedWhenProtNone => PteBits.AddressMask;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsCanonical(ulong address) => (ulong)((long)address >> 47) + 1 <= 1;

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
