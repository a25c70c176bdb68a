using System.Globalization;
using System.Text.RegularExpressions;
using Pagewise.Abi;
using Pagewise.Kernel.Oom;
using Pagewise.Procfs;
using Pagewise.Procfs.Oom;
using Pagewise.Replay.Oom;

namespace Pagewise.Replay.Experiments;

/// <summary>
/// Scores and victims that follow from what an experiment recorded of its processes, without running it: oom_score from
/// sizes (log.txt, or the note of an expectation), the victim from the task table of a report.
/// </summary>
internal sealed partial class RecordedScores(ExperimentFiles files, KernelVersion kernel)
{
    private readonly OomBadness _badness = new(kernel);
    private IReadOnlyList<OomReport>? _reports;
    private string[]? _log;

    /// <summary>The value of a metric; null when it is another kind.</summary>
    public string? Value(Expectation expectation)
    {
        string[] parts = expectation.Metric.Split('.');
        return parts switch
        {
            ["victim_given_table"] => VictimGivenTable(expectation.At),
            ["oom_score_formula", _] => Formula(expectation.Note),
            ["oom_score", ['r', 's', 's', .. var size], ['a', 'd', 'j', .. var adj]] => Score(size, adj),
            ["totalpages"] => TotalPages() is { } pages ? Text(pages) : null,
            _ => null,
        };
    }

    private string? VictimGivenTable(string at)
    {
        _reports ??= files.Has("dmesg") ? OomReportReader.Read(files.Lines("dmesg")) : [];
        const string report = "report";
        if (!at.StartsWith(report, StringComparison.Ordinal) || !int.TryParse(at.AsSpan(report.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            || number < 1 || number > _reports.Count)
            return null;
        return ReportedOom.Of(_reports[number - 1]).Victim(_reports[number - 1])?.Comm ?? "";
    }

    private string? Formula(string note)
    {
        Match match = Inputs().Match(note);
        return match.Success && long.TryParse(match.Groups["total"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out long total)
            ? Score(Number("rss") + Number("swap") + Number("tables"), match.Groups["adj"].Value, total)
            : null;

        long Number(string name) => long.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);
    }

    private string? Score(string size, string adj)
    {
        _log ??= files.Has("log.txt") ? files.Lines("log.txt") : [];
        const string mib = "MiB";
        string? line = _log.FirstOrDefault(one => size.EndsWith(mib, StringComparison.Ordinal) && one.StartsWith($"rss_spec_mib {size[..^mib.Length]} ", StringComparison.Ordinal));
        if (line is null || TotalPages() is not { } total)
            return null;
        return Score((Kib("VmRSS:_kB ") + Kib("VmPTE:_kB ") + Kib("VmSwap:_kB ")) >> 2, adj, total);

        long Kib(string name)
        {
            int at = line.IndexOf(name, StringComparison.Ordinal);
            string[] words = at < 0 ? [] : line[(at + name.Length)..].Split(' ');
            return words.Length > 0 && long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : 0;
        }
    }

    private string? Score(long pages, string adj, long total) =>
        int.TryParse(adj, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            ? Text(_badness.Score(_badness.Points(pages, value, total), total))
            : null;

    private long? TotalPages()
    {
        if (!files.Has("before.meminfo"))
            return null;
        Meminfo memory = files.Parse("before.meminfo", Meminfo.Parse);
        return ((memory["MemTotal"] ?? 0) + (memory["SwapTotal"] ?? 0)) >> 2;
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^inputs rss (?<rss>\d{1,15}) \+ swap (?<swap>\d{1,15}) \+ page tables (?<tables>\d{1,15}) pages, adj (?<adj>-?\d{1,4}), totalpages (?<total>\d{1,15})", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Inputs();
}
