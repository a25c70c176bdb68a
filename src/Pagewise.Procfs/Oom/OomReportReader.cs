using System.Globalization;

namespace Pagewise.Procfs.Oom;

/// <summary>
/// Finds the OOM killer's reports in a kernel log. Lines between that belong to something else are passed over; with
/// callers in the log (CONFIG_PRINTK_CALLER) only those of the task that reports are taken. What a cut or interleaved
/// log lacks is said in <see cref="OomReport.Gaps"/>.
/// </summary>
public sealed class OomReportReader
{
    /// <summary>Rows a table may have: PID_MAX_LIMIT, the most tasks that Linux can number.</summary>
    public const int MaxTasks = 1 << 22;

    private readonly List<OomReport> _reports = [];
    private OomReport? _current;
    private string? _caller;
    private bool _inTable;
    private int _brokenRows;

    /// <summary>Reads a log.</summary>
    /// <param name="lines">Its lines.</param>
    /// <returns>The reports in order.</returns>
    public static IReadOnlyList<OomReport> Read(IEnumerable<string> lines)
    {
        var reader = new OomReportReader();
        int number = 0;
        foreach (string line in lines)
            reader.Line(++number, KernelLogLine.Parse(line));
        reader.Finish();
        return reader._reports;
    }

    private void Line(int number, KernelLogLine line)
    {
        string message = line.Message;
        if (OomInvocation.TryParse(message, out OomInvocation? invocation))
        {
            Start(number);
            _current!.Invocation = invocation;
            _caller = line.Caller;
            _current.Lines.Add(message);
            return;
        }

        if (_current is not null && line.Caller is not null && _caller is not null && line.Caller != _caller)
            return;
        if (_current is null)
        {
            // The log begins within a report.
            if (!OomTableFormat.TryParse(message, out _) && !OomDecision.TryParse(message, out _) && !OomKill.TryParse(message, out _) && !IsChoice(message))
                return;
            Start(number);
            _caller = line.Caller;
        }

        if (!Take(message))
            return;
        _current!.Lines.Add(message);
    }

    private void Start(int number)
    {
        Finish();
        _current = new OomReport { FirstLine = number };
        _inTable = false;
        _brokenRows = 0;
    }

    /// <summary>Whether a line belongs to the report; what it says is noted.</summary>
    private bool Take(string message)
    {
        OomReport report = _current!;
        if (_inTable && message.StartsWith('['))
            return Row(message);
        if (OomTableFormat.TryParse(message, out OomTableFormat? format))
        {
            report.Table = format;
            _inTable = true;
            return true;
        }

        if (OomDecision.TryParse(message, out OomDecision? decision))
        {
            _inTable = false;
            report.Decision = decision;
            report.Memcg ??= decision.OomMemcg;
            return true;
        }

        if (OomKill.TryParse(message, out OomKill? kill))
        {
            _inTable = false;
            report.Kills.Add(kill);
            report.KilledAllocatingTask |= kill.Reason.Contains("oom_kill_allocating_task", StringComparison.Ordinal);
            return true;
        }

        if (IsChoice(message))
        {
            _inTable = false;
            report.ChosenPid = (int)Math.Clamp(NamedNumber.After(message, "Kill process ") ?? 0, 0, int.MaxValue);
            report.KilledAllocatingTask |= message.Contains("oom_kill_allocating_task", StringComparison.Ordinal);
            return true;
        }

        return Figures(report, message) || Machine(report, message);
    }

    private bool Row(string message)
    {
        OomReport report = _current!;
        if (report.Table!.TryRow(message, out OomTask? task) && report.Tasks.Count < MaxTasks)
            report.Tasks.Add(task);
        else
            _brokenRows++;
        return true;
    }

    /// <summary>Lines of a cgroup's limit and of the end.</summary>
    private static bool Figures(OomReport report, string message)
    {
        int usage = message.IndexOf(": usage ", StringComparison.Ordinal);
        if (usage is > 0 and < 12 && NamedNumber.After(message, ": usage ") is { } used && NamedNumber.After(message, ", limit ") is { } limit)
        {
            report.Limits.Add(new OomLimit(message[..usage], used, limit, NamedNumber.After(message, "failcnt ") ?? 0));
            return true;
        }

        const string stats = "Memory cgroup stats for ";
        if (message.StartsWith(stats, StringComparison.Ordinal))
        {
            string path = message[stats.Length..];
            int colon = path.IndexOf(": ", StringComparison.Ordinal);
            report.Memcg ??= colon < 0 ? path.TrimEnd(':') : path[..colon];
            return true;
        }

        const string killed = " killed as a result of limit of ";
        int result = message.IndexOf(killed, StringComparison.Ordinal);
        if (result > 0)
        {
            report.Memcg ??= message[(result + killed.Length)..];
            return true;
        }

        const string group = " are going to be killed due to memory.oom.group set";
        if (message.StartsWith("Tasks in ", StringComparison.Ordinal) && message.EndsWith(group, StringComparison.Ordinal))
        {
            report.Group = message["Tasks in ".Length..^group.Length];
            return true;
        }

        if (message.StartsWith("Kernel panic - not syncing: Out of memory", StringComparison.Ordinal)
            || message.StartsWith("Kernel panic - not syncing: System is deadlocked on memory", StringComparison.Ordinal)
            || message.StartsWith("Out of memory and no killable processes", StringComparison.Ordinal))
        {
            report.Outcome = message;
            return true;
        }

        return false;
    }

    /// <summary>Lines of the machine's memory (show_mem) and of the task that asked.</summary>
    private static bool Machine(OomReport report, string message)
    {
        if (OomZone.TryParse(message, out OomZone? zone))
        {
            report.Zones.Add(zone);
            return true;
        }

        if (OomZone.TryReserve(message, out IReadOnlyList<long> reserve))
        {
            if (report.Zones.Count > 0)
                report.Zones[^1] = report.Zones[^1] with { LowmemReservePages = reserve };
            return true;
        }

        if (message.StartsWith("CPU: ", StringComparison.Ordinal) && message.Contains(" Comm: ", StringComparison.Ordinal))
        {
            report.InvokerPid = (int)Math.Clamp(NamedNumber.After(message, "PID: ") ?? 0, 0, int.MaxValue);
            string[] words = message.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int build = Array.FindLastIndex(words, word => word.StartsWith('#'));
            if (build > 0 && char.IsAsciiDigit(words[build - 1][0]))
                report.Release = words[build - 1];
            return true;
        }

        return TakeNumber(message, " pages RAM", value => report.RamPages = value)
            || TakeNumber(message, " pages reserved", value => report.ReservedPages = value)
            || TakeNumber(message, "Free swap  = ", value => report.FreeSwapKib = value)
            || TakeNumber(message, "Total swap = ", value => report.TotalSwapKib = value)
            || IsOther(message);
    }

    private static bool TakeNumber(string message, string name, Action<long> set)
    {
        ReadOnlySpan<char> number = message;
        if (name[0] == ' ')
        {
            if (!message.EndsWith(name, StringComparison.Ordinal))
                return false;
            number = number[..^name.Length];
        }
        else
        {
            if (!message.StartsWith(name, StringComparison.Ordinal) || !message.EndsWith("kB", StringComparison.Ordinal))
                return false;
            number = number[name.Length..^2];
        }

        if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long value) || value > 1L << 52)
            return false;
        set(value);
        return true;
    }

    /// <summary>Other lines that a report consists of; nothing is read from them.</summary>
    private static bool IsOther(string message) =>
        message is "Mem-Info:" or "Call Trace:" or " <TASK>" or " </TASK>" or "Tasks state (memory values in pages):" or "Unreclaimable slab info:"
        || message.StartsWith("oom_reaper: reaped process ", StringComparison.Ordinal)
        || message.StartsWith("Node ", StringComparison.Ordinal)
        || message.StartsWith("Hardware name: ", StringComparison.Ordinal)
        || message.StartsWith("active_anon:", StringComparison.Ordinal)
        || message.StartsWith(" active_file:", StringComparison.Ordinal)
        || message.EndsWith(" total pagecache pages", StringComparison.Ordinal)
        || message.EndsWith(" pages in swap cache", StringComparison.Ordinal)
        || message.EndsWith(" pages HighMem/MovableOnly", StringComparison.Ordinal)
        || message.EndsWith(" pages hwpoisoned", StringComparison.Ordinal);

    private static bool IsChoice(string message) =>
        message.Contains(": Kill process ", StringComparison.Ordinal) && message.EndsWith(" or sacrifice child", StringComparison.Ordinal);

    private void Finish()
    {
        if (_current is null)
            return;
        OomReport report = _current;
        if (report.Invocation is null)
            report.Gaps.Add("the log begins within the report: who asked for memory is not known");
        if (_brokenRows > 0)
            report.Gaps.Add(_brokenRows == 1 ? "1 row of the task table could not be read" : $"{_brokenRows} rows of the task table could not be read");
        if (report.Table is null)
            report.Gaps.Add("there is no task table (vm.oom_dump_tasks = 0, or the log lacks it)");
        else if (report.Tasks.Count == 0)
            report.Gaps.Add("the task table has no row");
        if (report.Kills.Count == 0 && report.Outcome is null)
            report.Gaps.Add("the log ends before the kill");
        _reports.Add(report);
        _current = null;
    }
}
