using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;

namespace Pagewise.Workloads.Tests;

/// <summary>Takes a .pgw file apart and puts it together again with other plain bytes, by the format's description alone.</summary>
internal static class PgwRepacker
{
    private const int HeadLength = 8;
    private const int BlockHeadLength = 16;
    private const int PlainLimit = 64 << 20;

    public static byte[] WithDamagedBlocks(byte[] file, Func<byte[], byte[]> damage)
    {
        using var result = new MemoryStream();
        result.Write(file, 0, HeadLength);
        int at = HeadLength;
        while (at < file.Length)
        {
            ReadOnlySpan<byte> head = file.AsSpan(at, BlockHeadLength);
            int plainLength = BinaryPrimitives.ReadInt32LittleEndian(head[4..]);
            int storedLength = BinaryPrimitives.ReadInt32LittleEndian(head[8..]);
            var plain = new byte[plainLength];
            BrotliDecoder.TryDecompress(file.AsSpan(at + BlockHeadLength, storedLength), plain, out int length).ShouldBeTrue();
            length.ShouldBe(plainLength);
            WriteBlock(result, head[0], head[0] == 'B' ? damage(plain) : plain);
            at += BlockHeadLength + storedLength;
        }

        return result.ToArray();
    }

    private static void WriteBlock(Stream result, byte kind, byte[] plain)
    {
        plain.Length.ShouldBeLessThanOrEqualTo(PlainLimit);
        var stored = new byte[BrotliEncoder.GetMaxCompressedLength(plain.Length)];
        BrotliEncoder.TryCompress(plain, stored, out int length, 1, 22).ShouldBeTrue();
        Span<byte> head = stackalloc byte[BlockHeadLength];
        head.Clear();
        head[0] = kind;
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], plain.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], length);
        uint crc = uint.MaxValue;
        foreach (byte value in (byte[])[.. head[..12], .. stored.AsSpan(0, length)])
            crc = BitOperations.Crc32C(crc, value);
        BinaryPrimitives.WriteUInt32LittleEndian(head[12..], crc);
        result.Write(head);
        result.Write(stored, 0, length);
    }
}
