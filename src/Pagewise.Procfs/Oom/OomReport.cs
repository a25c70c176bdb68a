namespace Pagewise.Procfs.Oom;

/// <summary>
/// What the kernel prints when the OOM killer acts (dump_header and oom_kill_process, mm/oom_kill.c): every line, and
/// what the lines say. A part that the log does not have is null or empty, and <see cref="Gaps"/> names it.
/// </summary>
public sealed class OomReport
{
    private readonly HashSet<int> _pids = [];

    /// <summary>The report's first line in the log, from 1.</summary>
    public required int FirstLine { get; init; }

    /// <summary>The report's lines without the log's own prefixes, in order.</summary>
    public List<string> Lines { get; } = [];

    /// <summary>Whose allocation found no memory; null when the log begins later.</summary>
    public OomInvocation? Invocation { get; internal set; }

    /// <summary>The allocating task; 0 when the log does not say.</summary>
    public int InvokerPid { get; internal set; }

    /// <summary>The kernel's release as the report has it, such as "6.1.0-56-amd64"; null when it does not say.</summary>
    public string? Release { get; internal set; }

    /// <summary>Zones with their free memory and marks; empty when only a cgroup was short.</summary>
    public List<OomZone> Zones { get; } = [];

    /// <summary>Frames of the machine ("pages RAM"); null when the report does not say.</summary>
    public long? RamPages { get; internal set; }

    /// <summary>Frames that nobody can have ("pages reserved").</summary>
    public long? ReservedPages { get; internal set; }

    /// <summary>Free swap space in KiB.</summary>
    public long? FreeSwapKib { get; internal set; }

    /// <summary>All swap space in KiB.</summary>
    public long? TotalSwapKib { get; internal set; }

    /// <summary>The cgroup's counters, when a cgroup was at its limit.</summary>
    public List<OomLimit> Limits { get; } = [];

    /// <summary>The cgroup that was at its limit; null when the machine was short, or the log does not say.</summary>
    public string? Memcg { get; internal set; }

    /// <summary>The columns of the task table; null without one (vm.oom_dump_tasks = 0).</summary>
    public OomTableFormat? Table { get; internal set; }

    /// <summary>The task table's rows, in its order.</summary>
    public List<OomTask> Tasks { get; } = [];

    /// <summary>Whether the table has a process.</summary>
    internal bool HasRowOf(int pid) => _pids.Contains(pid);

    /// <summary>Adds a row.</summary>
    internal void Add(OomTask task)
    {
        _pids.Add(task.Pid);
        Tasks.Add(task);
    }

    /// <summary>The choice in short; null before Linux 5.0.</summary>
    public OomDecision? Decision { get; internal set; }

    /// <summary>The process that "Kill process … or sacrifice child" names (before Linux 5.1); 0 without that line.</summary>
    public int ChosenPid { get; internal set; }

    /// <summary>The cgroup whose tasks all go with the victim (memory.oom.group); null when none.</summary>
    public string? Group { get; internal set; }

    /// <summary>Whom the kernel killed, in order.</summary>
    public List<OomKill> Kills { get; } = [];

    /// <summary>Whether the allocating task was killed by rule (vm.oom_kill_allocating_task).</summary>
    public bool KilledAllocatingTask { get; internal set; }

    /// <summary>Why nobody was killed: a panic, or no killable process; null otherwise.</summary>
    public string? Outcome { get; internal set; }

    /// <summary>What of the report is missing or could not be read, a sentence each.</summary>
    public List<string> Gaps { get; } = [];

    /// <summary>Whether lines of another report are among these: what they say together is of neither.</summary>
    public bool IsMixed { get; internal set; }

    /// <summary>Whether the report has its end: who was killed, or why nobody.</summary>
    internal bool IsFinished => Kills.Count > 0 || Outcome is not null;

    /// <summary>Whether the machine's memory (show_mem) was in it.</summary>
    internal bool HasMemInfo { get; set; }

    /// <summary>Whether a cgroup was at its limit and not the machine.</summary>
    public bool IsMemcg => Memcg is not null || Limits.Count > 0 || Decision?.OomMemcg is not null;

    /// <summary>The victim: the process chosen, who with oom.group or as a sacrificed child is not the only one killed; 0 when the log does not say.</summary>
    public int VictimPid => Decision?.Pid ?? (ChosenPid != 0 ? ChosenPid : Kills.Count > 0 ? Kills[0].Pid : 0);
}
