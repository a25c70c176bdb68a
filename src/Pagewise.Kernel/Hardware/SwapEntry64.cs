namespace Pagewise.Kernel.Hardware;

/// <summary>
/// Swap entries in 8 bytes (arch/x86/include/asm/pgtable_64.h): type in bits 59–63, inverted offset in bits 9–58, so
/// that a speculating CPU sees an address beyond RAM.
/// </summary>
internal static class SwapEntry64
{
    private const int TypeBits = 5;
    private const int OffsetFirstBit = 9;
    private const int OffsetShift = OffsetFirstBit + TypeBits;

    public static ulong Make(int type, ulong offset) => (~offset << OffsetShift >> TypeBits) | ((ulong)type << (64 - TypeBits));

    public static int Type(ulong entry) => (int)(entry >> (64 - TypeBits));

    public static ulong Offset(ulong entry) => ~entry << TypeBits >> OffsetShift;
}
