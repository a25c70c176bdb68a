using System.Globalization;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Procfs;

/// <summary>
/// The fields of /proc/PID/stat that memory management fills (do_task_stat, fs/proc/array.c). The others are written
/// as 0 and not read.
/// </summary>
public sealed record TaskStat
{
    private const int FieldCount = 52;

    /// <summary>Thread id.</summary>
    public int Pid { get; init; }

    /// <summary>Name, at most 15 bytes.</summary>
    public string Comm { get; init; } = "";

    /// <summary>Parent's process id.</summary>
    public int ParentPid { get; init; }

    /// <summary>Minor faults of the process.</summary>
    public long MinorFaults { get; init; }

    /// <summary>Major faults of the process.</summary>
    public long MajorFaults { get; init; }

    /// <summary>Threads of the process.</summary>
    public int Threads { get; init; }

    /// <summary>Virtual size, bytes.</summary>
    public ulong VsizeBytes { get; init; }

    /// <summary>Resident set, pages.</summary>
    public long RssPages { get; init; }

    /// <summary>start_code.</summary>
    public ulong StartCode { get; init; }

    /// <summary>end_code.</summary>
    public ulong EndCode { get; init; }

    /// <summary>start_stack.</summary>
    public ulong StartStack { get; init; }

    /// <summary>start_data.</summary>
    public ulong StartData { get; init; }

    /// <summary>end_data.</summary>
    public ulong EndData { get; init; }

    /// <summary>start_brk.</summary>
    public ulong StartBrk { get; init; }

    /// <summary>arg_start.</summary>
    public ulong ArgStart { get; init; }

    /// <summary>arg_end.</summary>
    public ulong ArgEnd { get; init; }

    /// <summary>env_start.</summary>
    public ulong EnvStart { get; init; }

    /// <summary>env_end.</summary>
    public ulong EnvEnd { get; init; }

    /// <summary>Reads the one line of a stat file; false where it is not one.</summary>
    public static bool TryParse(string text, out TaskStat stat)
    {
        stat = new TaskStat();
        int open = text.IndexOf('(', StringComparison.Ordinal), close = text.LastIndexOf(')');
        if (open < 1 || close < open || !int.TryParse(text.AsSpan(0, open), out int pid))
            return false;
        // Counted from the field after the name, which is field 3 of proc_pid_stat(5).
        string[] fields = text[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (fields.Length < FieldCount - 2)
            return false;
        bool good = true;
        stat = new TaskStat
        {
            Pid = pid,
            Comm = text[(open + 1)..close],
            ParentPid = (int)Signed(4),
            MinorFaults = Signed(10),
            MajorFaults = Signed(12),
            Threads = (int)Signed(20),
            VsizeBytes = Unsigned(23),
            RssPages = Signed(24),
            StartCode = Unsigned(26),
            EndCode = Unsigned(27),
            StartStack = Unsigned(28),
            StartData = Unsigned(45),
            EndData = Unsigned(46),
            StartBrk = Unsigned(47),
            ArgStart = Unsigned(48),
            ArgEnd = Unsigned(49),
            EnvStart = Unsigned(50),
            EnvEnd = Unsigned(51),
        };
        return good;

        long Signed(int field)
        {
            good &= long.TryParse(fields[field - 3], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value);
            return value;
        }

        ulong Unsigned(int field)
        {
            good &= ulong.TryParse(fields[field - 3], NumberStyles.None, CultureInfo.InvariantCulture, out ulong value);
            return value;
        }
    }

    /// <summary>What a modelled task shows.</summary>
    /// <param name="mm">Its address space.</param>
    /// <param name="leader">The thread-group leader.</param>
    /// <param name="comm">The task's name.</param>
    /// <param name="parentPid">Its parent's process id, 0 without one.</param>
    public static TaskStat Of(in MmStruct mm, in TaskStruct leader, string comm, int parentPid) => new()
    {
        Pid = leader.Pid,
        Comm = comm,
        ParentPid = parentPid,
        MinorFaults = leader.MinorFaults,
        MajorFaults = leader.MajorFaults,
        Threads = leader.Threads,
        VsizeBytes = mm.TotalVm << 12,
        RssPages = mm.Rss.Total,
        StartCode = mm.StartCode,
        EndCode = mm.EndCode,
        StartStack = mm.StartStack,
        StartData = mm.StartData,
        EndData = mm.EndData,
        StartBrk = mm.StartBrk,
        ArgStart = mm.ArgStart,
        ArgEnd = mm.ArgEnd,
        EnvStart = mm.EnvStart,
        EnvEnd = mm.EnvEnd,
    };

    /// <summary>The file's one line, without its newline.</summary>
    public override string ToString()
    {
        string[] fields = new string[FieldCount];
        Array.Fill(fields, "0");
        fields[0] = $"{Pid}";
        fields[1] = $"({Comm})";
        fields[2] = "R";
        fields[3] = $"{ParentPid}";
        fields[9] = $"{MinorFaults}";
        fields[11] = $"{MajorFaults}";
        fields[19] = $"{Threads}";
        fields[22] = $"{VsizeBytes}";
        fields[23] = $"{RssPages}";
        fields[24] = "18446744073709551615";
        fields[25] = $"{StartCode}";
        fields[26] = $"{EndCode}";
        fields[27] = $"{StartStack}";
        fields[44] = $"{StartData}";
        fields[45] = $"{EndData}";
        fields[46] = $"{StartBrk}";
        fields[47] = $"{ArgStart}";
        fields[48] = $"{ArgEnd}";
        fields[49] = $"{EnvStart}";
        fields[50] = $"{EnvEnd}";
        return string.Join(' ', fields);
    }
}
