using System.Runtime.CompilerServices;
using Pagewise.Abi;
using Pagewise.NativeMemory;

namespace Pagewise.Malloc.Flat;

/// <summary>
/// User memory for fast replay: plain host memory, no page tables. Fresh bytes read as zero. Two mappings must not
/// fall on the same bytes of the fold; <see cref="FlatAddressSpace"/> checks that.
/// </summary>
public readonly struct FlatMemory : IUserMemory
{
    private readonly NativeWindow _window;

    /// <summary>Memory through a window of a range that the caller keeps alive.</summary>
    public FlatMemory(NativeWindow window) => _window = window;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ushort ReadU16(ulong address) => _window.Read<ushort>(address);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint ReadU32(ulong address) => _window.Read<uint>(address);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong ReadU64(ulong address) => _window.Read<ulong>(address);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteU16(ulong address, ushort value) => _window.Write(address, value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteU32(ulong address, uint value) => _window.Write(address, value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteU64(ulong address, ulong value) => _window.Write(address, value);

    /// <inheritdoc/>
    public void Copy(ulong destination, ulong source, ulong lengthBytes) => _window.Copy(destination, source, lengthBytes);

    /// <inheritdoc/>
    public void Fill(ulong address, byte value, ulong lengthBytes) => _window.Fill(address, value, lengthBytes);
}
