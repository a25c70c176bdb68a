using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.Hardware;

/// <summary>x86 with physical address extension: three levels, 32-bit virtual addresses split 3:1, 36-bit physical ones. The four entries of the top table take a frame of their own, as in Linux; it does not fill them ahead as pgd_alloc does.</summary>
public readonly struct X86Pae : IPageTableFormat
{
    /// <inheritdoc/>
    public static PageTableFormat Format => PageTableFormat.X86Pae;

    /// <inheritdoc/>
    public static int Levels => 3;

    /// <inheritdoc/>
    public static int EntryBytes => 8;

    /// <inheritdoc/>
    public static int IndexBits => 9;

    /// <inheritdoc/>
    public static ulong MaxMemoryBytes => 1UL << 36;

    /// <inheritdoc/>
    public static int MaxLeafLevel => 2;

    /// <inheritdoc/>
    public static ulong NoExecute => PteBits.NoExecute;

    /// <inheritdoc/>
    public static bool TopHasRights => false;

    /// <inheritdoc/>
    public static ulong TaskSize => 0xC000_0000UL;

    /// <inheritdoc/>
    public static ulong InvertedWhenProtNone => PteBits.AddressMask;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsCanonical(ulong address) => address <= uint.MaxValue;

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
