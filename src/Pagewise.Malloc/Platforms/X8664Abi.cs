namespace Pagewise.Malloc.Platforms;

/// <summary>x86-64 (and every other LP64 platform with 16-byte alignment).</summary>
public readonly struct X8664Abi : IMallocAbi
{
    /// <inheritdoc/>
    public static ulong SizeSz => 8;

    /// <inheritdoc/>
    public static ulong MallocAlignment => 16;

    /// <inheritdoc/>
    public static ulong LongSize => 8;
}
