using System.Buffers.Binary;

namespace Pagewise.Workloads;

/// <summary>
/// Where the kernel's ELF loader says a program's code and data are (load_elf_binary's start_code … end_data, which
/// /proc/PID/stat shows), for a 64-bit little-endian program.
/// </summary>
/// <param name="StartCode">The lowest address of an executable segment.</param>
/// <param name="EndCode">The highest end of an executable segment's file bytes.</param>
/// <param name="StartData">The highest address of a segment.</param>
/// <param name="EndData">The highest end of a segment's file bytes.</param>
internal readonly record struct ElfImage(ulong StartCode, ulong EndCode, ulong StartData, ulong EndData)
{
    private const int ProgramHeaderLength = 56;

    /// <summary>Reads a program's segments; false where it is no such file.</summary>
    /// <param name="path">The program.</param>
    /// <param name="firstMap">Where its first mapping starts.</param>
    /// <param name="image">The addresses as loaded there.</param>
    public static bool TryRead(string path, ulong firstMap, out ElfImage image)
    {
        image = default;
        byte[] head = new byte[64 << 10];
        int length;
        try
        {
            using FileStream file = File.OpenRead(path);
            length = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }

        ReadOnlySpan<byte> bytes = head.AsSpan(0, length);
        if (length < 64 || !bytes.StartsWith((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1]))
            return false;
        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(bytes[56..]);
        if (table > (ulong)length || (ulong)count * ProgramHeaderLength > (ulong)length - table)
            return false;
        return TryAdd(bytes[(int)table..], count, firstMap, out image);
    }

    private static bool TryAdd(ReadOnlySpan<byte> headers, int count, ulong firstMap, out ElfImage image)
    {
        const uint Load = 1;
        const uint Executable = 1;
        ulong startCode = ulong.MaxValue;
        ulong endCode = 0;
        ulong startData = 0;
        ulong endData = 0;
        ulong? bias = null;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = headers[(i * ProgramHeaderLength)..];
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) != Load)
                continue;
            ulong address = BinaryPrimitives.ReadUInt64LittleEndian(header[16..]);
            ulong end = address + BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
            bias ??= firstMap - (address & ~4095UL);
            bool isCode = (BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) & Executable) != 0;
            startCode = isCode ? Math.Min(startCode, address) : startCode;
            endCode = isCode ? Math.Max(endCode, end) : endCode;
            startData = Math.Max(startData, address);
            endData = Math.Max(endData, end);
        }

        ulong shift = bias ?? 0;
        image = new ElfImage(startCode + shift, endCode + shift, startData + shift, endData + shift);
        return bias is not null && endCode > 0;
    }
}
