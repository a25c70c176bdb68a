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

    private const string Invoked = " invoked oom-killer";

    private readonly List<OomReport> _reports = [];
    private OomReport? _current;
    private string? _caller;
    private bool _inTable;
    private int _brokenRows;
    private OomReport? _unfinished;
    private bool _previousBrokeOff;

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

        if (message.Contains(Invoked, StringComparison.Ordinal))
        {
            Start(number);
            _caller = line.Caller;
            _current!.Gaps.Add($"line {number} is cut: it says who asked for memory");
            _current.Lines.Add(message);
            return;
        }

        if (_current is not null && line.Caller is not null && _caller is not null && line.Caller != _caller)
            return;
        if (_current is null)
        {
            // The log begins within a report.
            if (message != OomReportFigures.MemInfo && !OomTableFormat.TryParse(message, out _) && !OomDecision.TryParse(message, out _) && !OomKill.TryParse(message, out _) && !OomReportFigures.IsChoice(message))
                return;
            Start(number);
            _caller = line.Caller;
        }
        else if (BeginsNext(_current, message))
        {
            Start(number);
            _caller = line.Caller;
        }

        if (!Take(number, message))
            return;
        _current!.Lines.Add(message);
    }

    private void Start(int number)
    {
        Finish();
        // Its other lines may still come, and would be taken for those of the next one, or of one after that.
        _previousBrokeOff = _current is { Invocation: not null } && (!_current.IsFinished || _current.IsMixed);
        if (_previousBrokeOff)
            _unfinished = _current;
        _current = new OomReport { FirstLine = number };
        if (_previousBrokeOff)
            _current.Gaps.Add($"the report that begins at line {_unfinished!.FirstLine} broke off: lines of it may be among these");
        _inTable = false;
        _brokenRows = 0;
    }

    /// <summary>
    /// Whether a line is of another report whose first line the log lacks: one that has its kill already gets no second one,
    /// unless all of a cgroup go (memory.oom.group), and no table. Kills that the kernel does not report (oom_rs, its rate limit) come so.
    /// </summary>
    private bool BeginsNext(OomReport report, string message) => report is { IsFinished: true, IsMixed: false } && !_previousBrokeOff
        && (OomTableFormat.TryParse(message, out _) || message == OomReportFigures.MemInfo || OomDecision.TryParse(message, out _) || OomReportFigures.IsChoice(message)
            || (report is { Group: null, Kills.Count: > 0 } && OomKill.TryParse(message, out _)));

    /// <summary>Notes that lines of another report are among those of this one, so that none can be trusted to be its own.</summary>
    private void Mix(int number)
    {
        OomReport report = _current!;
        if (report.IsMixed)
            return;
        report.IsMixed = true;
        report.Gaps.Add(string.Create(CultureInfo.InvariantCulture, $"from line {number} on, lines of another report are among these{(_unfinished is { } other ? $" (the one that begins at line {other.FirstLine})" : "")}: whose is whose cannot be told"));
        _unfinished?.Gaps.Add(string.Create(CultureInfo.InvariantCulture, $"its other lines are among those of the report that begins at line {report.FirstLine}"));
    }

    /// <summary>Whether a line belongs to the report; what it says is noted.</summary>
    private bool Take(int number, string message)
    {
        OomReport report = _current!;
        if (_inTable && message.StartsWith('['))
            return Row(number, message);
        if (OomTableFormat.TryParse(message, out OomTableFormat? format))
        {
            if (report.Table is not null)
                Mix(number);
            report.Table = format;
            _inTable = true;
            return true;
        }

        if (OomDecision.TryParse(message, out OomDecision? decision))
        {
            _inTable = false;
            if (report.Decision is not null || IsOfUnfinished(report) || Contradicts(report, decision.OomMemcg is not null))
                Mix(number);
            report.Decision = decision;
            report.Memcg ??= decision.OomMemcg;
            return true;
        }

        if (OomKill.TryParse(message, out OomKill? kill))
        {
            _inTable = false;
            if ((report.Decision is null && IsOfUnfinished(report)) || (_unfinished is not null && Contradicts(report, kill.Reason.StartsWith("Memory cgroup", StringComparison.Ordinal))))
                Mix(number);
            report.Kills.Add(kill);
            report.KilledAllocatingTask |= kill.Reason.Contains("oom_kill_allocating_task", StringComparison.Ordinal);
            return true;
        }

        if (OomReportFigures.IsChoice(message))
        {
            _inTable = false;
            report.ChosenPid = (int)Math.Clamp(NamedNumber.After(message, "Kill process ") ?? 0, 0, int.MaxValue);
            report.KilledAllocatingTask |= message.Contains("oom_kill_allocating_task", StringComparison.Ordinal);
            return true;
        }

        if (message.StartsWith("oom-kill:constraint=", StringComparison.Ordinal) || message.Contains(" Killed process ", StringComparison.Ordinal))
        {
            report.Gaps.Add(string.Create(CultureInfo.InvariantCulture, $"line {number} is cut: it says who was killed"));
            return true;
        }

        const string suppressed = " callbacks suppressed";
        if (message.StartsWith("oom_kill_process: ", StringComparison.Ordinal) && message.EndsWith(suppressed, StringComparison.Ordinal))
        {
            report.Gaps.Add($"the kernel left out reports before this one (its rate limit: {message["oom_kill_process: ".Length..]})");
            return true;
        }

        if (message == OomReportFigures.MemInfo)
        {
            if (report.HasMemInfo)
                Mix(number);
            report.HasMemInfo = true;
        }

        if (_unfinished?.Invocation is { } other && report.Invocation is { } own && other.Comm != own.Comm && report.Table is null
            && message.StartsWith("CPU: ", StringComparison.Ordinal) && message.Contains($" Comm: {other.Comm} ", StringComparison.Ordinal))
            Mix(number);
        int limits = report.Limits.Count;
        bool isOurs = OomReportFigures.Take(report, message);
        // Figures come before the choice that they are of.
        if (report.IsFinished && _unfinished is not null && (message == OomReportFigures.MemInfo || report.Limits.Count > limits))
            Mix(number);
        return isOurs;
    }

    /// <summary>Whether a choice that comes now may be that of the report before, which the log broke off: this one has no table yet.</summary>
    private bool IsOfUnfinished(OomReport report) => _unfinished is not null && report.Table is null;

    /// <summary>Whether a choice of a cgroup, or of the machine, stands below figures of the other (mem_cgroup_print_oom_meminfo, show_mem).</summary>
    /// <remarks>Below a report that broke off, who asked and the figures have to be there: else they were its.</remarks>
    private bool Contradicts(OomReport report, bool isMemcg) => (_unfinished is not null && !report.HasRowOf(report.InvokerPid)) || (isMemcg
        ? report.HasMemInfo || report.Decision is { OomMemcg: null } || (_unfinished is not null && report.Limits.Count == 0)
        : report.Limits.Count > 0 || report.Decision is { OomMemcg: not null } || (_unfinished is not null && !report.HasMemInfo));

    private bool Row(int number, string message)
    {
        OomReport report = _current!;
        if (!report.Table!.TryRow(message, out OomTask? task) || report.Tasks.Count >= MaxTasks)
        {
            _brokenRows++;
            return true;
        }

        if (!report.HasRowOf(task.Pid))
            report.Add(task);
        else
            Mix(number);
        return true;
    }

    private void Finish()
    {
        if (_current is null)
            return;
        OomReport report = _current;
        if (report.Invocation is null && !report.Lines[0].Contains(Invoked, StringComparison.Ordinal))
            report.Gaps.Add("the log begins within the report: who asked for memory is not known");
        if (_brokenRows > 0)
            report.Gaps.Add(_brokenRows == 1 ? "1 row of the task table could not be read" : $"{_brokenRows} rows of the task table could not be read");
        if (report.Table is null)
            report.Gaps.Add("there is no task table (vm.oom_dump_tasks = 0, or the log lacks it)");
        else if (report.Tasks.Count == 0)
            report.Gaps.Add("the task table has no row");
        if (report.Kills.Count == 0 && report.Outcome is null)
            report.Gaps.Add("the log ends before the kill");
        if (report is { IsMixed: false, Tasks.Count: > 0, Decision: { } choice } && !report.HasRowOf(choice.Pid))
            report.Gaps.Add("the victim is not in the task table: rows are missing");
        _reports.Add(report);
    }
}
