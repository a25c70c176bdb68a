namespace Pagewise.Kernel.Hardware;

/// <summary>A page frame number: a physical address in units of 4 KiB. 32 bits reach 16 TiB.</summary>
/// <param name="Value">The number.</param>
public readonly record struct Pfn(uint Value)
{
    /// <summary>The size of a frame, in bytes (<c>PAGE_SIZE</c>).</summary>
    public const int SizeBytes = 4096;

    /// <summary><c>PAGE_SHIFT</c>.</summary>
    public const int Shift = 12;

    /// <summary>The physical address of the frame's first byte.</summary>
    public ulong PhysicalAddress => (ulong)Value << Shift;

    /// <inheritdoc/>
    public override string ToString() => $"0x{Value:x}";
}
