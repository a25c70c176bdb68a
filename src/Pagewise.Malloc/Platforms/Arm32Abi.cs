namespace Pagewise.Malloc.Platforms;

/// <summary>armhf and the other 32-bit platforms that keep the generic alignment of two words.</summary>
public readonly struct Arm32Abi : IMallocAbi
{
    /// <inheritdoc/>
    public static ulong SizeSz => 4;

    /// <inheritdoc/>
    public static ulong MallocAlignment => 8;

    /// <inheritdoc/>
    public static ulong LongSize => 4;
}
