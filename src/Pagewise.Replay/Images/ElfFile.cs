using System.Buffers.Binary;
using System.Text;
using Pagewise.Abi;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Replay.Images;

/// <summary>The program headers of an ELF file of this host: what load_elf_binary reads before it maps anything.</summary>
/// <param name="Segments">The PT_LOAD entries in file order.</param>
/// <param name="Interpreter">PT_INTERP, null for a static program.</param>
/// <param name="IsPositionIndependent">ET_DYN.</param>
/// <param name="Is32Bit">ELFCLASS32.</param>
/// <param name="HasExecutableStack">PT_GNU_STACK asks for one, or is missing.</param>
/// <param name="AlignmentBytes">The largest p_align of the PT_LOAD entries.</param>
/// <param name="SizeBytes">The file's size.</param>
internal sealed record ElfFile(
    IReadOnlyList<ExecSegment> Segments, string? Interpreter, bool IsPositionIndependent, bool Is32Bit,
    bool HasExecutableStack, ulong AlignmentBytes, ulong SizeBytes)
{
    private const int HeaderLimit = 64 << 10;

    /// <summary>Reads a file's headers; null when it is absent, unreadable or no ELF program.</summary>
    public static ElfFile? TryRead(string path)
    {
        try
        {
            // Only regular files: opening a pipe or a device could block or act.
            if (!File.Exists(path) || (File.GetAttributes(path) & (FileAttributes.Device | FileAttributes.Directory)) != 0)
                return null;
            using FileStream file = File.OpenRead(path);
            byte[] head = new byte[(int)Math.Min(HeaderLimit, file.Length)];
            file.ReadExactly(head);
            return Parse(head, (ulong)file.Length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private static ElfFile? Parse(ReadOnlySpan<byte> head, ulong size)
    {
        if (head.Length < 52 || !head.StartsWith("\x7f"u8) || !head[1..].StartsWith("ELF"u8) || head[4] is not (1 or 2) || head[5] != 1)
            return null;
        bool wide = head[4] == 2;
        ushort type = U16(head, 16);
        ulong table = wide ? U64(head, 32) : U32(head, 28);
        int entry = U16(head, wide ? 54 : 42), count = U16(head, wide ? 56 : 44);
        if (type is not (2 or 3) || entry != (wide ? 56 : 32) || table > (ulong)head.Length || (ulong)(count * entry) > (ulong)head.Length - table)
            return null;

        var segments = new List<ExecSegment>();
        string? interpreter = null;
        bool executableStack = true;
        ulong alignment = 4096;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> row = head.Slice((int)table + (i * entry), entry);
            uint kind = U32(row, 0), flags = U32(row, wide ? 4 : 24);
            ulong offset = wide ? U64(row, 8) : U32(row, 4), vaddr = wide ? U64(row, 16) : U32(row, 8);
            ulong fileSize = wide ? U64(row, 32) : U32(row, 16), memSize = wide ? U64(row, 40) : U32(row, 20);
            ulong align = wide ? U64(row, 48) : U32(row, 28);
            switch (kind)
            {
                case 1 when memSize > 0:
                    segments.Add(new ExecSegment(vaddr, offset, fileSize, Math.Max(fileSize, memSize), ToProt(flags)));
                    if (ulong.IsPow2(align))
                        alignment = Math.Max(alignment, align);
                    break;
                case 3 when fileSize is > 1 and < 4096 && offset < (ulong)head.Length && fileSize <= (ulong)head.Length - offset:
                    interpreter = Encoding.UTF8.GetString(head.Slice((int)offset, (int)fileSize - 1));
                    break;
                case 0x6474e551: // PT_GNU_STACK
                    executableStack = (flags & 1) != 0;
                    break;
            }
        }

        return segments.Count == 0 ? null : new ElfFile(segments, interpreter, type == 3, !wide, executableStack, alignment, size);
    }

    // p_flags: 1 execute, 2 write, 4 read.
    private static Prot ToProt(uint flags) =>
        ((flags & 4) != 0 ? Prot.Read : 0) | ((flags & 2) != 0 ? Prot.Write : 0) | ((flags & 1) != 0 ? Prot.Exec : 0);

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
