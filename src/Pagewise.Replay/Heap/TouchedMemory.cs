using System.Runtime.CompilerServices;
using Pagewise.Abi;
using Pagewise.Malloc.Flat;

namespace Pagewise.Replay.Heap;

/// <summary>Flat memory that notes which pages malloc writes, and counts what it does.</summary>
internal readonly struct TouchedMemory(FlatMemory memory, TouchedPages pages) : IUserMemory
{
    private readonly FlatMemory _memory = memory;
    private readonly TouchedPages _pages = pages;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ushort ReadU16(ulong address)
    {
        _pages.Accesses++;
        return _memory.ReadU16(address);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint ReadU32(ulong address)
    {
        _pages.Accesses++;
        return _memory.ReadU32(address);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong ReadU64(ulong address)
    {
        _pages.Accesses++;
        return _memory.ReadU64(address);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteU16(ulong address, ushort value)
    {
        Note(address);
        _memory.WriteU16(address, value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteU32(ulong address, uint value)
    {
        Note(address);
        _memory.WriteU32(address, value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteU64(ulong address, ulong value)
    {
        Note(address);
        _memory.WriteU64(address, value);
    }

    public void Copy(ulong destination, ulong source, ulong lengthBytes)
    {
        _pages.BulkBytes += lengthBytes;
        _pages.Touch(destination, lengthBytes);
        _memory.Copy(destination, source, lengthBytes);
    }

    public void Fill(ulong address, byte value, ulong lengthBytes)
    {
        _pages.BulkBytes += lengthBytes;
        _pages.Touch(address, lengthBytes);
        _memory.Fill(address, value, lengthBytes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Note(ulong address)
    {
        _pages.Accesses++;
        _pages.Touch(address);
    }
}
