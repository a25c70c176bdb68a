using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Pagewise.Workloads;

/// <summary>Bytes being written: fixed and variable-length integers, grown as needed and reused.</summary>
internal sealed class ByteSink
{
    private byte[] _bytes = new byte[64 << 10];

    /// <summary>How many bytes were written.</summary>
    public int Length { get; private set; }

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Starts over.</summary>
    public void Clear() => Length = 0;

    /// <summary>Room for <paramref name="length"/> bytes, which count as written.</summary>
    public Span<byte> Reserve(int length)
    {
        Ensure(length);
        Length += length;
        return _bytes.AsSpan(Length - length, length);
    }

    /// <summary>Drops bytes from the end.</summary>
    public void Shorten(int length) => Length -= length;

    public void Byte(byte value)
    {
        Ensure(1);
        _bytes[Length++] = value;
    }

    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Reserve(value.Length));

    public void UInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Reserve(4), value);

    /// <summary>Seven bits a byte, the lowest first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Varint(ulong value)
    {
        Ensure(10);
        while (value >= 0x80)
        {
            _bytes[Length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _bytes[Length++] = (byte)value;
    }

    /// <summary>A signed number, small in either direction.</summary>
    public void Zigzag(long value) => Varint(((ulong)value << 1) ^ (ulong)(value >> 63));

    private void Ensure(int more)
    {
        if (more > _bytes.Length - Length)
            Array.Resize(ref _bytes, checked((int)Math.Min(Array.MaxLength, Math.Max(2L * _bytes.Length, (long)Length + more))));
    }
}
