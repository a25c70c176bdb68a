namespace Pagewise.Malloc.Platforms;

/// <summary>i386 since glibc 2.26: 4-byte words, 16-byte alignment (sysdeps/i386/malloc-alignment.h).</summary>
public readonly struct I386Abi : IMallocAbi
{
    /// <inheritdoc/>
    public static ulong SizeSz => 4;

    /// <inheritdoc/>
    public static ulong MallocAlignment => 16;

    /// <inheritdoc/>
    public static ulong LongSize => 4;
}
