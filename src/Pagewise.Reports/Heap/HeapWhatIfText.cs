using Pagewise.Replay.Heap;
using Spectre.Console;

namespace Pagewise.Reports.Heap;

/// <summary>A grid of what-ifs for people.</summary>
public static class HeapWhatIfText
{
    private const string Prefix = "glibc.malloc.";

    /// <summary>Writes the table.</summary>
    public static void Write(HeapWhatIfReport report, IAnsiConsole console)
    {
        ArgumentNullException.ThrowIfNull(report);
        HeapReportText.WriteHeading(report.Recording, console);
        Table table = HeapTables.New(["", .. report.Axes, ">Peak RSS", ">Final RSS", ">Faults", ">Calls", ">Time"]);
        for (int i = 0; i < report.Trials.Count; i++)
        {
            HeapTrial trial = report.Trials[i];
            string[] pairs = trial.Tunables.Split(':');
            IEnumerable<string> values = report.Axes.Select(axis => ValueOf(pairs, axis));
            HeapTables.Row(table, [
                (trial.IsPareto ? "*" : " ") + (i == 0 ? " recorded" : ""), .. values, Text.Size(trial.Totals.PeakResidentBytes), Text.Size(trial.Totals.ResidentBytes),
                Text.Count(trial.Totals.Faults), Text.Count(trial.Totals.SystemCalls.Total), Text.Time(trial.EstimateNs),
            ]);
        }

        console.Write(table);
        console.MarkupLine("[grey]* no other row is as good in peak RSS, final RSS and time, and better in one. Calls are malloc's system calls. Time is an estimate of malloc with its system calls and faults, without cache misses and waiting for arenas.[/]");
        foreach (HeapTrial trial in report.Trials.Where(trial => trial.IsPareto).DistinctBy(trial => trial.Tunables))
            console.WriteLine($"GLIBC_TUNABLES={trial.Tunables}");
        if (report.Trials.Any(trial => trial.Totals.Abort is not null))
            console.MarkupLine("[yellow]Some replays ended early: an integrity check failed.[/]");
    }

    private static string ValueOf(string[] pairs, string tunable)
    {
        string start = $"{Prefix}{tunable}=";
        string? pair = Array.FindLast(pairs, pair => pair.StartsWith(start, StringComparison.Ordinal));
        return pair is null ? "default" : pair[start.Length..];
    }
}
