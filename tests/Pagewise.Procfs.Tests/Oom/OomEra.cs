using System.Globalization;
using System.Text.RegularExpressions;
using Pagewise.Procfs.Oom;

namespace Pagewise.Procfs.Tests.Oom;

/// <summary>Rewrites a log of Linux 6.1 as other releases print the same reports.</summary>
internal static class OomEra
{
    private const string Old = "[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name";

    /// <summary>The releases: 4.14 counts tables by level and names its choice only in words, 5.0 in both ways, 6.1 is recorded, 6.8 has the resident set by kind, 6.18 the user after "CPU:".</summary>
    public static string[] Releases { get; } = ["4.14", "5.0", "6.1", "6.8", "6.18"];

    /// <summary>A log as a release writes it. memory.oom.group came with 4.19: before, the victim goes alone.</summary>
    public static string[] Rewrite(IEnumerable<string> log, string release)
    {
        var lines = new List<string>();
        bool ofGroup = false;
        foreach (string line in log)
        {
            string message = KernelLogLine.Parse(line).Message;
            if (message.Contains(" invoked oom-killer", StringComparison.Ordinal))
                ofGroup = false;
            ofGroup |= message.StartsWith("Tasks in ", StringComparison.Ordinal);
            if (!ofGroup || release != "4.14")
                lines.AddRange(Lines(message, release, ofGroup));
        }

        return [.. lines];
    }

    private static string[] Lines(string message, string release, bool ofGroup)
    {
        string kind = release switch { "4.14" => Old, "6.8" or "6.18" => OomTableFormat.RssByKind.Heading(), _ => OomTableFormat.PageTableBytes.Heading() };
        if (message == OomTableFormat.PageTableBytes.Heading())
            return [kind];
        OomTableFormat.TryParse(kind, out OomTableFormat? format).ShouldBeTrue();
        if (OomTableFormat.PageTableBytes.TryRow(message, out OomTask? task))
            return [format!.Row(task with { RssAnon = task.Rss - 1, RssFile = 1, RssShmem = 0, PageTables = release == "4.14" ? [task.PageTables[0] / 4096, 3] : task.PageTables })];
        if (release == "4.14" && OomDecision.TryParse(message, out _))
            return [];
        if (release is "4.14" or "5.0" && OomKill.TryParse(message, out OomKill? kill))
        {
            string killed = string.Create(CultureInfo.InvariantCulture, $"Killed process {kill.Pid} ({kill.Comm}) total-vm:8kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB");
            return ofGroup ? [killed] : [string.Create(CultureInfo.InvariantCulture, $"{kill.Reason}: Kill process {kill.Pid} ({kill.Comm}) score 7 or sacrifice child"), killed];
        }

        return [release == "6.18" ? Regex.Replace(message, @"^CPU: (\d+) PID: ", "CPU: $1 UID: 0 PID: ") : message];
    }
}
