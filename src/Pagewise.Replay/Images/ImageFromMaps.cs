using Pagewise.Abi;
using Pagewise.Kernel.Tasks;
using Pagewise.Procfs;
using Pagewise.Replay.Recorded;

namespace Pagewise.Replay.Images;

/// <summary>
/// The ELF files that execve mapped, read back from a copy of the maps taken before the program ran. Only sizes,
/// offsets and protections are taken from it: the model places everything itself.
/// </summary>
internal static class ImageFromMaps
{
    // An ET_EXEC program of the small code model lies below 2 GiB (psABI); higher, it was placed by the kernel.
    private const ulong HighestLinkedAddress = 1UL << 32;
    private const ulong HighestLinkedAddress32 = 0x40000000;

    // Where valgrind puts position-independent programs (coregrind/m_ume, exe_base).
    private const ulong ValgrindProgramBase = 0x108000;

    /// <summary>Makes the image, or null where the maps show no program.</summary>
    /// <param name="copy">The copy.</param>
    /// <param name="comm">The name to give the task when the copy names none.</param>
    /// <param name="protects">
    /// mprotect calls made between execve and the copy, undone where they split a segment (RELRO); empty for a copy
    /// taken before the first instruction.
    /// </param>
    /// <param name="inodeOf">The inode of a mapped file.</param>
    public static ExecImage? Build(
        ProcessCopy copy, string comm, IReadOnlyList<(ulong Start, ulong End)> protects, Func<MapsLine, int> inodeOf)
    {
        List<MapsLine> areas = Undo(copy, protects);
        RecordedFields? stat = copy.Stat;
        ulong startCode = stat?.Number("start_code") ?? 0;
        int program = areas.FindIndex(area => area.HasFile && (startCode == 0 || (area.Start <= startCode && startCode < area.End)));
        if (program < 0)
            return null;
        MapsLine first = areas[program];
        MapsLine stack = areas.Find(area => area.Name == "[stack]");
        bool is32Bit = stack.End is > 0 and <= uint.MaxValue;
        ulong top = stack.End == 0 ? 0 : stack.End;

        List<ExecSegment> segments = Segments(areas, first, out ulong bias, is32Bit);
        Refine(segments, stat, bias);
        // A copy taken later has libraries too; the interpreter goes by its name then.
        int interpreter = areas.FindIndex(area => area.HasFile && !SameFile(area, first) && IsLoader(area.Path));
        if (interpreter < 0)
            interpreter = areas.FindIndex(area => area.HasFile && !SameFile(area, first));
        var image = new ExecImage
        {
            Comm = stat?.Text("comm") ?? comm,
            Program = new ExecFile
            {
                Inode = inodeOf(first),
                Segments = segments,
                IsPositionIndependent = bias != 0,
                AlignmentBytes = AlignmentOf(bias, is32Bit),
            },
            Interpreter = interpreter < 0 ? null : new ExecFile
            {
                Inode = inodeOf(areas[interpreter]),
                Segments = Segments(areas, areas[interpreter], out _, is32Bit, isInterpreter: true),
                IsPositionIndependent = true,
            },
            HasExecutableStack = stack.Access.HasFlag(MapsAccess.Exec),
            Is32Bit = is32Bit,
        };
        if (stat is not null && top != 0 && stat.Number("arg_start") is { } arguments && stat.Number("env_end") is { } environment
            && stat.Number("start_stack") is { } pointer && pointer < arguments && arguments < environment && environment < top)
        {
            image = image with
            {
                StringsBytes = top - arguments,
                FileNameBytes = top - environment,
                PointersBytes = arguments - pointer,
            };
        }

        return image;
    }

    private static bool IsLoader(string path)
    {
        ReadOnlySpan<char> name = path.AsSpan(path.LastIndexOf('/') + 1);
        return name.StartsWith("ld-") || name.StartsWith("ld.so") || name.StartsWith("ld64.so") || name.StartsWith("ld-musl");
    }

    // Without ASLR a program with PT_INTERP lies at ELF_ET_DYN_BASE rounded down to its largest p_align: the alignment
    // that explains the recorded place, 0 where none above a page does.
    private static ulong AlignmentOf(ulong bias, bool is32Bit)
    {
        const ulong largest = 1UL << 30;
        ulong origin = is32Bit ? 0x56555000UL : ((1UL << 47) - 4096) / 3 * 2;
        if (bias == (origin & ~4095UL))
            return 0;
        for (ulong alignment = 8192; alignment <= largest; alignment <<= 1)
        {
            if (bias == (origin & ~(alignment - 1)))
                return alignment;
        }

        return 0;
    }

    // Drops what came after execve as far as the calls tell: the heap and the RELRO split.
    private static List<MapsLine> Undo(ProcessCopy copy, IReadOnlyList<(ulong Start, ulong End)> protects)
    {
        var areas = new List<MapsLine>();
        foreach ((MapsLine area, _) in copy.Maps)
        {
            if (area.Name == "[heap]")
                continue;
            if (areas.Count > 0 && area.HasFile && areas[^1] is var below && below.End == area.Start && SameFile(below, area)
                && below.OffsetBytes + below.LengthBytes == area.OffsetBytes && protects.Contains((below.Start, below.End)))
            {
                areas[^1] = area with { Start = below.Start, OffsetBytes = below.OffsetBytes };
                continue;
            }

            areas.Add(area);
        }

        return areas;
    }

    private static List<ExecSegment> Segments(
        List<MapsLine> areas, MapsLine first, out ulong bias, bool is32Bit, bool isInterpreter = false)
    {
        int start = areas.FindIndex(area => SameFile(area, first));
        ulong limit = is32Bit ? HighestLinkedAddress32 : HighestLinkedAddress;
        bias = isInterpreter || areas[start].Start >= limit || areas[start].Start == ValgrindProgramBase ? areas[start].Start - areas[start].OffsetBytes : 0;
        var segments = new List<ExecSegment>();
        ulong end = areas[start].Start;
        for (int i = start; i < areas.Count; i++)
        {
            MapsLine area = areas[i];
            bool isBss = !area.HasFile && area.Name.Length == 0 && area.Start == end;
            if (!isBss && !(area.HasFile && SameFile(area, first)))
            {
                if (area.HasFile || area.Name.Length > 0)
                    break;
                continue;
            }

            Prot prot = (Prot)(uint)(area.Access & ~MapsAccess.Shared);
            if (isBss && segments.Count > 0 && segments[^1].Prot == prot && segments[^1].MemSizeBytes == segments[^1].FileSizeBytes)
                segments[^1] = segments[^1] with { MemSizeBytes = segments[^1].MemSizeBytes + area.LengthBytes };
            else
                segments.Add(new ExecSegment(area.Start - bias, isBss ? 0 : area.OffsetBytes, isBss ? 0 : area.LengthBytes, area.LengthBytes, prot));
            end = area.End;
        }

        return segments;
    }

    // stat says what lies within the pages: load_elf_binary sets start_code and end_code from the executable segments,
    // start_data and end_data from the highest one.
    private static void Refine(List<ExecSegment> segments, RecordedFields? stat, ulong bias)
    {
        if (stat is null || segments.Count == 0)
            return;
        int firstCode = segments.FindIndex(segment => segment.Prot.HasFlag(Prot.Exec));
        int lastCode = segments.FindLastIndex(segment => segment.Prot.HasFlag(Prot.Exec));
        if (lastCode >= 0 && stat.Number("end_code") is { } endCode)
            segments[lastCode] = EndAt(segments[lastCode], endCode - bias);
        if (firstCode >= 0 && stat.Number("start_code") is { } startCode)
            segments[firstCode] = StartAt(segments[firstCode], startCode - bias);
        int data = segments.Count - 1;
        if (stat.Number("end_data") is { } endData)
            segments[data] = EndAt(segments[data], endData - bias);
        if (stat.Number("start_data") is { } startData)
            segments[data] = StartAt(segments[data], startData - bias);
    }

    private static ExecSegment StartAt(ExecSegment segment, ulong vaddr)
    {
        ulong skip = vaddr - segment.Vaddr;
        if (skip >= 4096)
            return segment;
        ulong file = segment.FileSizeBytes == 0 ? 0 : segment.FileSizeBytes - skip;
        return new ExecSegment(vaddr, segment.FileOffset + skip, file, segment.MemSizeBytes - skip, segment.Prot);
    }

    private static ExecSegment EndAt(ExecSegment segment, ulong end)
    {
        ulong size = end - segment.Vaddr;
        if (segment.FileSizeBytes == 0 || size > segment.FileSizeBytes || segment.FileSizeBytes - size >= 4096)
            return segment;
        bool hasBss = segment.MemSizeBytes > segment.FileSizeBytes || segment.Prot.HasFlag(Prot.Write);
        return segment with { FileSizeBytes = size, MemSizeBytes = hasBss ? segment.MemSizeBytes : size };
    }

    private static bool SameFile(MapsLine left, MapsLine right) =>
        left.Inode == right.Inode && left.DeviceMajor == right.DeviceMajor && left.DeviceMinor == right.DeviceMinor;
}
