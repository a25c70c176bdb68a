using System.Runtime.CompilerServices;

namespace Pagewise.NativeMemory;

/// <summary>
/// A modelled address space folded into one reserved host range: an address's low bits are its place in the range.
/// Translation is one AND and one ADD, whatever the address. Addresses that differ only above the fold would share
/// bytes; the holder sees to it that no two mappings do.
/// </summary>
public readonly unsafe struct NativeWindow
{
    private readonly byte* _start;
    private readonly ulong _mask;

    /// <summary>
    /// A window of 2^<paramref name="foldBits"/> bytes on <paramref name="range"/>, which has a page more than that, so
    /// that an unaligned access at the fold stays inside. The caller keeps the range alive.
    /// </summary>
    public NativeWindow(NativeRange range, int foldBits)
    {
        _mask = (1UL << foldBits) - 1;
        ArgumentOutOfRangeException.ThrowIfLessThan(range.SizeBytes, _mask + 1 + 4096);
        _start = range.Start;
    }

    /// <summary>Where an address lies in the range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong OffsetOf(ulong address) => address & _mask;

    /// <summary>Loads a value, at any alignment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Read<T>(ulong address)
        where T : unmanaged => *(T*)(_start + (address & _mask));

    /// <summary>Stores a value, at any alignment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write<T>(ulong address, T value)
        where T : unmanaged => *(T*)(_start + (address & _mask)) = value;

    /// <summary>Copies bytes; neither range crosses the fold.</summary>
    public void Copy(ulong destination, ulong source, ulong lengthBytes)
    {
        CheckFold(destination, lengthBytes);
        CheckFold(source, lengthBytes);
        Buffer.MemoryCopy(_start + (source & _mask), _start + (destination & _mask), lengthBytes, lengthBytes);
    }

    /// <summary>Stores one byte value over a range that does not cross the fold.</summary>
    public void Fill(ulong address, byte value, ulong lengthBytes)
    {
        CheckFold(address, lengthBytes);
        System.Runtime.InteropServices.NativeMemory.Fill(_start + (address & _mask), (nuint)lengthBytes, value);
    }

    private void CheckFold(ulong address, ulong lengthBytes)
    {
        if (lengthBytes > _mask + 1 - (address & _mask))
            throw new ArgumentOutOfRangeException(nameof(lengthBytes), $"[{address:x}, +{lengthBytes:x}) leaves the window");
    }
}
