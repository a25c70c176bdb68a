using System.Globalization;
using System.Text;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Procfs;

/// <summary>
/// /proc/PID/stat (do_task_stat, fs/proc/array.c): 52 fields, numbered from 1 as in proc_pid_stat(5); reading and writing
/// give the same bytes. Those of memory management have names here, the others are found by number.
/// </summary>
public sealed class TaskStat
{
    /// <summary>The file's name under /proc/PID.</summary>
    public const string FileName = "stat";

    private const int FieldCount = 52;
    private const int FirstNumber = 4;
    private const int SigChld = 17;
    private const int DefaultPriority = 20;

    /// <summary>The fields that may be negative: a bit each.</summary>
    private const ulong SignedFields = 1UL << 4 | 1UL << 5 | 1UL << 6 | 1UL << 7 | 1UL << 8 | 1UL << 16 | 1UL << 17 | 1UL << 18 | 1UL << 19
        | 1UL << 20 | 1UL << 21 | 1UL << 24 | 1UL << 38 | 1UL << 39 | 1UL << 44 | 1UL << 52;

    /// <summary>By number; those without a sign are kept as the same 64 bits.</summary>
    private readonly long[] _fields = new long[FieldCount + 1];

    /// <summary>Field 2, the name: at most 15 bytes for a program, which may hold blanks and parentheses.</summary>
    public string Comm { get; init; } = "";

    /// <summary>Field 3, the state's letter.</summary>
    public char State { get; init; } = 'R';

    /// <summary>Field 1: Process id.</summary>
    public int Pid
    {
        get => (int)_fields[1];
        init => _fields[1] = value;
    }

    /// <summary>Field 4: Parent's process id.</summary>
    public int ParentPid
    {
        get => (int)_fields[4];
        init => _fields[4] = value;
    }

    /// <summary>Field 10: Minor faults of the process.</summary>
    public long MinorFaults
    {
        get => _fields[10];
        init => _fields[10] = value;
    }

    /// <summary>Field 12: Major faults of the process.</summary>
    public long MajorFaults
    {
        get => _fields[12];
        init => _fields[12] = value;
    }

    /// <summary>Field 18: priority: 20 + nice.</summary>
    public long Priority
    {
        get => _fields[18];
        init => _fields[18] = value;
    }

    /// <summary>Field 20: Threads of the process.</summary>
    public int Threads
    {
        get => (int)_fields[20];
        init => _fields[20] = value;
    }

    /// <summary>Field 23: Virtual size, bytes.</summary>
    public ulong VsizeBytes
    {
        get => unchecked((ulong)_fields[23]);
        init => _fields[23] = unchecked((long)value);
    }

    /// <summary>Field 24: Resident set, pages.</summary>
    public long RssPages
    {
        get => _fields[24];
        init => _fields[24] = value;
    }

    /// <summary>Field 25: RLIMIT_RSS, bytes.</summary>
    public ulong RssLimitBytes
    {
        get => unchecked((ulong)_fields[25]);
        init => _fields[25] = unchecked((long)value);
    }

    /// <summary>Field 26: start_code.</summary>
    public ulong StartCode
    {
        get => unchecked((ulong)_fields[26]);
        init => _fields[26] = unchecked((long)value);
    }

    /// <summary>Field 27: end_code.</summary>
    public ulong EndCode
    {
        get => unchecked((ulong)_fields[27]);
        init => _fields[27] = unchecked((long)value);
    }

    /// <summary>Field 28: start_stack.</summary>
    public ulong StartStack
    {
        get => unchecked((ulong)_fields[28]);
        init => _fields[28] = unchecked((long)value);
    }

    /// <summary>Field 38: What the parent is sent at the end: SIGCHLD for a process.</summary>
    public int ExitSignal
    {
        get => (int)_fields[38];
        init => _fields[38] = value;
    }

    /// <summary>Field 39: The CPU it ran on last.</summary>
    public int Processor
    {
        get => (int)_fields[39];
        init => _fields[39] = value;
    }

    /// <summary>Field 45: start_data.</summary>
    public ulong StartData
    {
        get => unchecked((ulong)_fields[45]);
        init => _fields[45] = unchecked((long)value);
    }

    /// <summary>Field 46: end_data.</summary>
    public ulong EndData
    {
        get => unchecked((ulong)_fields[46]);
        init => _fields[46] = unchecked((long)value);
    }

    /// <summary>Field 47: start_brk.</summary>
    public ulong StartBrk
    {
        get => unchecked((ulong)_fields[47]);
        init => _fields[47] = unchecked((long)value);
    }

    /// <summary>Field 48: arg_start.</summary>
    public ulong ArgStart
    {
        get => unchecked((ulong)_fields[48]);
        init => _fields[48] = unchecked((long)value);
    }

    /// <summary>Field 49: arg_end.</summary>
    public ulong ArgEnd
    {
        get => unchecked((ulong)_fields[49]);
        init => _fields[49] = unchecked((long)value);
    }

    /// <summary>Field 50: env_start.</summary>
    public ulong EnvStart
    {
        get => unchecked((ulong)_fields[50]);
        init => _fields[50] = unchecked((long)value);
    }

    /// <summary>Field 51: env_end.</summary>
    public ulong EnvEnd
    {
        get => unchecked((ulong)_fields[51]);
        init => _fields[51] = unchecked((long)value);
    }

    /// <summary>A number by its field, 1 or 4 to 52; one without a sign is given as the same 64 bits.</summary>
    public long this[int field] => _fields[field];

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ProcfsException">The text is not a stat file.</exception>
    public static TaskStat Parse(string text)
    {
        var scanner = new ProcfsScanner(FileName, text);
        int pid = scanner.Int();
        scanner.Expect(" (");
        // The name ends at the last parenthesis: it may hold others.
        string comm = scanner.UntilLast(") ", "the task's name");
        char state = scanner.Next;
        if (!char.IsAsciiLetter(state))
            throw scanner.Error("expected the state's letter");
        scanner.Word("the state's letter");
        var stat = new TaskStat { Pid = pid, Comm = comm, State = state };
        for (int field = FirstNumber; field <= FieldCount; field++)
            stat._fields[field] = IsSigned(field) ? scanner.Signed() : unchecked((long)scanner.Unsigned());
        scanner.EndOfLine();
        return scanner.AtEnd ? stat : throw scanner.Error("expected the end of the file");
    }

    /// <summary>
    /// What a modelled task shows. Times, groups, signals and addresses of the kernel's own are 0; the priority is that of
    /// a task that never asked for another.
    /// </summary>
    /// <param name="machine">The machine.</param>
    /// <param name="task">The task, by index; of a group's leader, the process.</param>
    public static TaskStat Of(Machine machine, int task)
    {
        TaskStruct shown = machine.Tasks.Tasks[task];
        TaskStruct leader = machine.Tasks.Tasks[shown.GroupLeader];
        MmStruct mm = shown.Mm == 0 ? default : machine.AddressSpaces.Mms[shown.Mm];
        (long minor, long major) = (shown.MinorFaults, shown.MajorFaults);
        for (int thread = 1; task == shown.GroupLeader && thread < machine.Tasks.Tasks.HighWater; thread++)
        {
            ref TaskStruct other = ref machine.Tasks.Tasks[thread];
            if (thread == task || other.GroupLeader != task)
                continue;
            minor += other.MinorFaults;
            major += other.MajorFaults;
        }

        return new TaskStat
        {
            Pid = shown.Pid,
            Comm = machine.Tasks.CommOf(task),
            State = shown.HasExited ? 'Z' : 'R',
            ParentPid = leader.Parent == 0 ? 0 : machine.Tasks.Tasks[leader.Parent].Tgid,
            MinorFaults = minor,
            MajorFaults = major,
            Priority = DefaultPriority,
            Threads = leader.Threads,
            VsizeBytes = mm.TotalVm << 12,
            RssPages = mm.Rss.Total,
            RssLimitBytes = leader.Limits[(int)RlimitResource.Rss].Current,
            StartCode = mm.StartCode,
            EndCode = mm.EndCode,
            StartStack = mm.StartStack,
            ExitSignal = task == shown.GroupLeader ? SigChld : -1,
            Processor = machine.Scheduler.CpuOf(task),
            StartData = mm.StartData,
            EndData = mm.EndData,
            StartBrk = mm.StartBrk,
            ArgStart = mm.ArgStart,
            ArgEnd = mm.ArgEnd,
            EnvStart = mm.EnvStart,
            EnvEnd = mm.EnvEnd,
        };
    }

    /// <summary>The file's text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Pid} ({Comm}) {State}");
        for (int field = FirstNumber; field <= FieldCount; field++)
        {
            text.Append(' ');
            if (IsSigned(field))
                text.Append(CultureInfo.InvariantCulture, $"{_fields[field]}");
            else
                text.Append(CultureInfo.InvariantCulture, $"{unchecked((ulong)_fields[field])}");
        }

        return text.Append('\n').ToString();
    }

    private static bool IsSigned(int field) => (SignedFields >> field & 1) != 0;
}
