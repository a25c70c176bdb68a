using System.Runtime.CompilerServices;

namespace Pagewise.NativeMemory;

/// <summary>
/// A modelled address space folded into one reserved host range: an address's low bits are its place in the range.
/// Translation is one AND and one ADD, whatever the address. Addresses that differ only above the fold would share
/// bytes; the holder sees to it that no two mappings do.
/// </summary>
public readonly unsafe struct NativeWindow
{
    // From here on memory is handled by the page, so that what a program clears or copies need not exist in the host.
    private const ulong SparseBytes = 1024 * 1024;

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

    /// <summary>Copies bytes; the ranges do not overlap. Of much memory, what is zero is not touched at the target.</summary>
    public void Copy(ulong destination, ulong source, ulong lengthBytes)
    {
        ulong whole = Math.Min(UpToFold(destination), UpToFold(source));
        if (lengthBytes > whole)
        {
            Copy(destination, source, whole);
            Copy(destination + whole, source + whole, lengthBytes - whole);
            return;
        }

        byte* to = _start + (destination & _mask);
        byte* from = _start + (source & _mask);
        if (lengthBytes < SparseBytes)
        {
            Buffer.MemoryCopy(from, to, lengthBytes, lengthBytes);
            return;
        }

        Clear(to, lengthBytes);
        for (ulong offset = 0; offset < lengthBytes; offset += 4096)
        {
            var piece = new ReadOnlySpan<byte>(from + offset, (int)Math.Min(4096, lengthBytes - offset));
            if (piece.ContainsAnyExcept((byte)0))
                piece.CopyTo(new Span<byte>(to + offset, piece.Length));
        }
    }

    /// <summary>Stores one byte value over a range. Much zeroed memory goes back to the host.</summary>
    public void Fill(ulong address, byte value, ulong lengthBytes)
    {
        ulong whole = UpToFold(address);
        if (lengthBytes > whole)
        {
            Fill(address, value, whole);
            Fill(address + whole, value, lengthBytes - whole);
            return;
        }

        byte* start = _start + (address & _mask);
        if (value == 0 && lengthBytes >= SparseBytes)
            Clear(start, lengthBytes);
        else
            System.Runtime.InteropServices.NativeMemory.Fill(start, (nuint)lengthBytes, value);
    }

    private static void Clear(byte* start, ulong lengthBytes)
    {
        byte* firstPage = (byte*)(((nuint)start + 4095) & ~(nuint)4095);
        byte* end = start + lengthBytes;
        byte* lastPage = (byte*)((nuint)end & ~(nuint)4095);
        System.Runtime.InteropServices.NativeMemory.Clear(start, (nuint)(firstPage - start));
        HostMemory.Discard(firstPage, (ulong)(lastPage - firstPage));
        System.Runtime.InteropServices.NativeMemory.Clear(lastPage, (nuint)(end - lastPage));
    }

    private ulong UpToFold(ulong address) => _mask + 1 - (address & _mask);
}
