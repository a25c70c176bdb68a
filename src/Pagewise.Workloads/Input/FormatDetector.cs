namespace Pagewise.Workloads;

/// <summary>Tells a recording's format from its first lines.</summary>
internal static class FormatDetector
{
    private const int Window = 64 << 10;

    /// <summary>The format; <see cref="RecordingFormat.Unknown"/> for an empty input. Text of no other form counts as strace's.</summary>
    public static RecordingFormat Detect(InputBuffer input)
    {
        _ = input.Require(Window);
        ReadOnlySpan<byte> rest = input.Window;
        if (rest.IsEmpty)
            return RecordingFormat.Unknown;
        if (rest.StartsWith(PgwFormat.Magic))
            return RecordingFormat.Pgw;
        // No text format prints NUL; a heading may hold other odd bytes, of a command line.
        if (rest.IndexOf((byte)0) is >= 0 and int binary)
            throw new RecordingException(input.File, 0, binary, "is binary; expected a text recording or .pgw");
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            RecordingFormat format = OfLine(line);
            bool isNamed = line.StartsWith((byte)'#');
            if (format == RecordingFormat.Strace && !isNamed && HasLtraceMark(line, rest))
                return RecordingFormat.Ltrace;
            if (format != RecordingFormat.Unknown)
                return format;
        }

        return RecordingFormat.Strace;
    }

    // ltrace's lines are of strace's form; their functions are not.
    private static bool HasLtraceMark(ReadOnlySpan<byte> line, ReadOnlySpan<byte> rest)
    {
        if (LtraceReader.IsMark(line))
            return true;
        while (rest.IndexOf((byte)'\n') is >= 0 and int end)
        {
            if (LtraceReader.IsMark(rest[..end]))
                return true;
            rest = rest[(end + 1)..];
        }

        return false;
    }

    private static RecordingFormat OfLine(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("# malloc trace"u8))
            return RecordingFormat.Heap;
        if (line.StartsWith("# vm"u8) || line.StartsWith("# touch "u8))
            return RecordingFormat.Strace;
        if (line.Trim((byte)' ').IsEmpty || line[0] == '#')
            return RecordingFormat.Unknown;
        if (line.StartsWith("=="u8) || line.StartsWith("I  "u8) || line.StartsWith("SYSCALL["u8) || line.StartsWith(" L "u8) || line.StartsWith(" S "u8) || line.StartsWith(" M "u8))
            return RecordingFormat.Lackey;
        if (MtraceReader.IsStart(line))
            return RecordingFormat.Mtrace;
        if (HeaptrackReader.IsStart(line))
            return RecordingFormat.Heaptrack;
        return line.Length > 1 && line[0] == '[' && line[1] is >= (byte)'0' and <= (byte)'9' ? RecordingFormat.Heap : RecordingFormat.Strace;
    }
}
