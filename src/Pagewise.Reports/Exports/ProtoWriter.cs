using System.Buffers;
using System.Text;

namespace Pagewise.Reports.Exports;

/// <summary>Writes messages in the wire format of protocol buffers.</summary>
internal sealed class ProtoWriter
{
    private const int Varint = 0;
    private const int LengthDelimited = 2;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>A number: int64, uint64, int32 or enum.</summary>
    public ProtoWriter Number(int field, long value)
    {
        Raw(((ulong)field << 3) | Varint);
        Raw(unchecked((ulong)value));
        return this;
    }

    /// <summary>A text.</summary>
    public ProtoWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    /// <summary>A message within this one.</summary>
    public ProtoWriter Message(int field, ProtoWriter message) => Bytes(field, message._bytes.WrittenSpan);

    /// <summary>The message.</summary>
    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    private ProtoWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Raw(((ulong)field << 3) | LengthDelimited);
        Raw((ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    private void Raw(ulong value)
    {
        Span<byte> groups = stackalloc byte[10];
        int count = 0;
        for (; value >= 0x80; value >>= 7)
            groups[count++] = (byte)(value | 0x80);
        groups[count++] = (byte)value;
        _bytes.Write(groups[..count]);
    }
}
