using System.Runtime.CompilerServices;

namespace Pagewise.Abi;

/// <summary>
/// What a system call leaves in the return register: a value, or −errno in [−4095, −1] (Linux's <c>IS_ERR_VALUE</c>).
/// </summary>
/// <param name="Raw">The register's 64 bits.</param>
public readonly record struct SysResult(long Raw)
{
    /// <summary>Success with value 0.</summary>
    public static SysResult Ok => default;

    /// <summary>Whether <see cref="Raw"/> encodes an error.</summary>
    public bool IsError => unchecked((ulong)Raw) >= unchecked((ulong)-4095L);

    /// <summary>The error, or <see cref="Errno.None"/>.</summary>
    public Errno Errno => IsError ? (Errno)(-Raw) : Errno.None;

    /// <summary>The value as an address; meaningful when not <see cref="IsError"/>.</summary>
    public ulong Address => unchecked((ulong)Raw);

    /// <summary>A failed call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SysResult Fail(Errno errno) => new(-(long)errno);

    /// <summary>A call that returned an address or another unsigned value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SysResult Of(ulong value) => new(unchecked((long)value));

    /// <summary>An errno is a failed result.</summary>
    public static implicit operator SysResult(Errno errno) => Fail(errno);

    /// <inheritdoc/>
    public override string ToString() => IsError ? $"-1 {Errno}" : Raw is > -1 and < 4096 ? $"{Raw}" : $"0x{Raw:x}";
}
