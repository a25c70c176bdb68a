namespace Pagewise.Kernel.Hardware;

/// <summary>Swap entries in 4 bytes (arch/x86/include/asm/pgtable-2level.h): type in bits 1–5, offset from bit 9.</summary>
internal static class SwapEntry32
{
    private const int TypeShift = 1;
    private const ulong TypeMask = 31;
    private const int OffsetShift = 9;

    public static ulong Make(int type, ulong offset) => ((ulong)type << TypeShift) | (offset << OffsetShift);

    public static int Type(ulong entry) => (int)((entry >> TypeShift) & TypeMask);

    public static ulong Offset(ulong entry) => (entry & uint.MaxValue) >> OffsetShift;
}
