using System.Text;

namespace Pagewise.Cli.Tests;

/// <summary>A field of a message in the wire format of protocol buffers: numbers and bytes.</summary>
/// <param name="Number">The field's number.</param>
/// <param name="Value">Its value, of wire type 0.</param>
/// <param name="Bytes">Its bytes, of wire type 2.</param>
internal sealed record ProtoField(int Number, ulong Value, byte[] Bytes)
{
    public string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>The fields of a message; anything else than one fails.</summary>
    public static IEnumerable<ProtoField> Read(byte[] message)
    {
        int at = 0;
        while (at < message.Length)
        {
            ulong key = Varint(message, ref at);
            if ((key & 7) == 0)
            {
                yield return new ProtoField((int)(key >> 3), Varint(message, ref at), []);
                continue;
            }

            (key & 7).ShouldBe(2UL);
            int length = (int)Varint(message, ref at);
            yield return new ProtoField((int)(key >> 3), 0, message[at..(at + length)]);
            at += length;
        }
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte one = message[at++];
            value |= (ulong)(one & 0x7f) << shift;
            if (one < 0x80)
                return value;
        }
    }
}
