using System.Runtime.CompilerServices;

namespace Pagewise.Workloads;

/// <summary>Bytes being read that may be damaged: what is missing or out of bounds is an <see cref="InvalidDataException"/>.</summary>
/// <param name="bytes">The bytes.</param>
internal ref struct ByteSource(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>How many bytes were read.</summary>
    public int Position { get; private set; }

    /// <summary>How many are left.</summary>
    public readonly int Left => _bytes.Length - Position;

    public byte Byte() => Bytes(1)[0];

    public ReadOnlySpan<byte> Bytes(int length)
    {
        if (length < 0 || length > Left)
            throw new InvalidDataException("a column is cut");
        Position += length;
        return _bytes.Slice(Position - length, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return value;
        }

        throw new InvalidDataException("a number is longer than 64 bits");
    }

    public long Zigzag()
    {
        ulong value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A count or an id below a limit.</summary>
    public int Count(int limit)
    {
        ulong value = Varint();
        return value <= (ulong)limit ? (int)value : throw new InvalidDataException($"a count of {value} where at most {limit} can be");
    }
}
