using System.Buffers.Binary;
using Pagewise.Abi;

namespace Pagewise.Replay.Heap;

/// <summary>The second door: malloc's loads and stores in the memory of the calling thread, each translated and faulted in.</summary>
/// <param name="door">Where malloc stands.</param>
internal readonly struct TaskMemory(TaskDoor door) : IUserMemory
{
    private const int ChunkBytes = 4096;

    public ushort ReadU16(ulong address)
    {
        Span<byte> bytes = stackalloc byte[2];
        Read(address, bytes);
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    public uint ReadU32(ulong address)
    {
        Span<byte> bytes = stackalloc byte[4];
        Read(address, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    public ulong ReadU64(ulong address)
    {
        Span<byte> bytes = stackalloc byte[8];
        Read(address, bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    public void WriteU16(ulong address, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        Write(address, bytes);
    }

    public void WriteU32(ulong address, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Write(address, bytes);
    }

    public void WriteU64(ulong address, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Write(address, bytes);
    }

    public void Copy(ulong destination, ulong source, ulong lengthBytes)
    {
        Span<byte> buffer = stackalloc byte[ChunkBytes];
        while (lengthBytes > 0)
        {
            Span<byte> part = buffer[..(int)Math.Min(lengthBytes, ChunkBytes)];
            Read(source, part);
            Write(destination, part);
            (source, destination, lengthBytes) = (source + (ulong)part.Length, destination + (ulong)part.Length, lengthBytes - (ulong)part.Length);
        }
    }

    public void Fill(ulong address, byte value, ulong lengthBytes)
    {
        Span<byte> buffer = stackalloc byte[ChunkBytes];
        buffer.Fill(value);
        while (lengthBytes > 0)
        {
            Span<byte> part = buffer[..(int)Math.Min(lengthBytes, ChunkBytes)];
            Write(address, part);
            (address, lengthBytes) = (address + (ulong)part.Length, lengthBytes - (ulong)part.Length);
        }
    }

    private void Read(ulong address, Span<byte> bytes)
    {
        if (!door.IsPeeking)
            TaskDoor.Check(door.Machine.ReadMemory(door.Task, address, bytes), address);
        else if (!door.Machine.PeekMemory(door.Machine.Tasks.Tasks[door.Task].Mm, address, bytes))
            throw new HeapDeathException($"the swap device does not give back the page of 0x{address:x}");
    }

    private void Write(ulong address, ReadOnlySpan<byte> bytes)
    {
        if (door.IsPeeking)
            throw new InvalidOperationException("a look at the heap stores to it");
        TaskDoor.Check(door.Machine.WriteMemory(door.Task, address, bytes), address);
    }
}
