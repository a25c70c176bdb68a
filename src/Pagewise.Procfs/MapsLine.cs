using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Pagewise.Procfs;

/// <summary>
/// One line of /proc/PID/maps: what show_map_vma (fs/proc/task_mmu.c) prints of an area. Reading and writing stand side
/// by side, and what one writes the other reads back unchanged.
/// </summary>
/// <param name="Start">First address.</param>
/// <param name="End">One past the last address.</param>
/// <param name="Access">The access bits: 1 read, 2 write, 4 execute, 8 shared.</param>
/// <param name="OffsetBytes">Offset in the file, 0 for anonymous memory.</param>
/// <param name="DeviceMajor">Major number of the file's device.</param>
/// <param name="DeviceMinor">Minor number of the file's device.</param>
/// <param name="Inode">Inode number, 0 for anonymous memory.</param>
/// <param name="Name">Path, with " (deleted)" where the name is gone, or "[heap]" and its like; empty when the line has none.</param>
public readonly record struct MapsLine(
    ulong Start, ulong End, MapsAccess Access, ulong OffsetBytes, uint DeviceMajor, uint DeviceMinor, ulong Inode, string Name)
{
    /// <summary>The column, from 0, in which the name starts (seq_setwidth, 25 + 6 × 8 − 1, and one space).</summary>
    public const int NameColumn = 73;

    private const string DeletedSuffix = " (deleted)";

    /// <summary>Size in bytes.</summary>
    public ulong LengthBytes => End - Start;

    /// <summary>Whether the name ends in " (deleted)".</summary>
    public bool IsDeleted => Name.EndsWith(DeletedSuffix, StringComparison.Ordinal);

    /// <summary>The name without " (deleted)".</summary>
    public string Path => IsDeleted ? Name[..^DeletedSuffix.Length] : Name;

    /// <summary>Whether a file backs the area: it has an inode.</summary>
    public bool HasFile => Inode != 0;

    /// <summary>"r-xp" and its like.</summary>
    public string Permissions => string.Create(4, Access, static (text, access) =>
    {
        text[0] = access.HasFlag(MapsAccess.Read) ? 'r' : '-';
        text[1] = access.HasFlag(MapsAccess.Write) ? 'w' : '-';
        text[2] = access.HasFlag(MapsAccess.Exec) ? 'x' : '-';
        text[3] = access.HasFlag(MapsAccess.Shared) ? 's' : 'p';
    });

    /// <summary>Reads one line, without its newline; the width of the name's padding is not looked at.</summary>
    /// <param name="line">The line, UTF-8.</param>
    /// <param name="result">What it says.</param>
    /// <param name="column">Where it stops making sense, from 1; 0 when it was read.</param>
    public static bool TryParse(ReadOnlySpan<byte> line, out MapsLine result, out int column)
    {
        result = default;
        int at = 0;
        if (!TryHex(line, ref at, out ulong start) || !TryByte(line, ref at, (byte)'-')
            || !TryHex(line, ref at, out ulong end) || end <= start || !TryByte(line, ref at, (byte)' ')
            || !TryAccess(line, ref at, out MapsAccess access) || !TryByte(line, ref at, (byte)' ')
            || !TryHex(line, ref at, out ulong offset) || !TryByte(line, ref at, (byte)' ')
            || !TryHex(line, ref at, out ulong major) || !TryByte(line, ref at, (byte)':')
            || !TryHex(line, ref at, out ulong minor) || !TryByte(line, ref at, (byte)' ')
            || major > uint.MaxValue || minor > uint.MaxValue
            || !Utf8Parser.TryParse(line[at..], out ulong inode, out int digits))
        {
            column = at + 1;
            return false;
        }

        at += digits;
        if (at < line.Length && line[at] != ' ')
        {
            column = at + 1;
            return false;
        }

        ReadOnlySpan<byte> name = line[at..].TrimStart((byte)' ');
        string text = name.IsEmpty ? "" : Unescape(Encoding.UTF8.GetString(name));
        result = new MapsLine(start, end, access, offset, (uint)major, (uint)minor, inode, text);
        column = 0;
        return true;
    }

    /// <summary>Takes a line and its newline from the front of a file.</summary>
    internal static MapsLine Take(ref ProcfsScanner scanner)
    {
        int start = scanner.Position;
        return TryParse(Encoding.UTF8.GetBytes(scanner.RestOfLine()), out MapsLine line, out int column)
            ? line
            : throw scanner.Error("expected \"START-END rwxp OFFSET MAJOR:MINOR INODE NAME\"", start + column - 1);
    }

    /// <summary>The line as the kernel prints it, without its newline: a space ends a line without a name.</summary>
    public override string ToString()
    {
        string prefix = string.Create(CultureInfo.InvariantCulture,
            $"{Start:x8}-{End:x8} {Permissions} {OffsetBytes:x8} {DeviceMajor:x2}:{DeviceMinor:x2} {Inode} ");
        return Name.Length == 0 ? prefix : prefix.PadRight(NameColumn) + Name.Replace("\n", "\\012", StringComparison.Ordinal);
    }

    private static string Unescape(string name) => name.Replace("\\012", "\n", StringComparison.Ordinal);

    private static bool TryHex(ReadOnlySpan<byte> line, ref int at, out ulong value)
    {
        if (!Utf8Parser.TryParse(line[at..], out value, out int used, 'x'))
            return false;
        at += used;
        return true;
    }

    private static bool TryByte(ReadOnlySpan<byte> line, ref int at, byte expected)
    {
        if (at >= line.Length || line[at] != expected)
            return false;
        at++;
        return true;
    }

    private static bool TryAccess(ReadOnlySpan<byte> line, ref int at, out MapsAccess access)
    {
        access = 0;
        ReadOnlySpan<byte> letters = "rwxs"u8;
        for (int i = 0; i < 4; i++, at++)
        {
            if (at >= line.Length)
                return false;
            byte off = i == 3 ? (byte)'p' : (byte)'-';
            if (line[at] == letters[i])
                access |= (MapsAccess)(1 << i);
            else if (line[at] != off)
                return false;
        }

        return true;
    }
}
