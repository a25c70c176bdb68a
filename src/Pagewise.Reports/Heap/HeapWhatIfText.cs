using Pagewise.Malloc;
using Pagewise.Replay.Heap;
using Spectre.Console;

namespace Pagewise.Reports.Heap;

/// <summary>A grid of what-ifs for people.</summary>
public static class HeapWhatIfText
{
    private const string Prefix = "glibc.malloc.";

    // A change that only takes less than this share of the time is not worth a row.
    private const double Noise = 0.001;

    /// <summary>Writes the table, what to copy, and what explains the releases' differences.</summary>
    public static void Write(HeapWhatIfReport report, IAnsiConsole console)
    {
        ArgumentNullException.ThrowIfNull(report);
        HeapReportText.WriteHeading(report.Recording, console);
        WriteTrials(report, console);
        WriteCopies(report, console);
        for (int i = 0; i < report.Steps.Count; i++)
            WriteStep(report.Steps[i], report.Trials.First(trial => trial.Release == report.Steps[i].To).EstimateNs * Noise, console);
        if (report.Trials.Any(trial => trial.Totals.Abort is not null))
            console.MarkupLine("[yellow]Some replays ended early: an integrity check failed.[/]");
    }

    private static void WriteTrials(HeapWhatIfReport report, IAnsiConsole console)
    {
        bool hasReleases = report.Releases.Count > 0;
        string[] release = hasReleases ? ["glibc"] : [];

        // There is room for so many columns.
        bool showsNotLive = release.Length + report.Axes.Count <= 2;
        string[] notLive = showsNotLive ? [">Not live"] : [];
        Table table = HeapTables.New(["", .. release, .. report.Axes.Select(axis => axis.Replace("_", "_\n", StringComparison.Ordinal)),
            ">Peak RSS", ">Final RSS", .. notLive, ">Faults", ">Calls", ">Time"]);
        string? recorded = hasReleases ? null : report.Trials[0].Tunables;
        for (int i = 0; i < report.Trials.Count; i++)
        {
            HeapTrial trial = report.Trials[i];
            HeapTotals totals = trial.Totals;
            string mark = trial.IsPareto ? "*" : trial.SameAs != i ? "=" : " ";
            string[] cells = hasReleases ? [trial.Release] : [];
            string[] pairs = trial.Tunables.Split(':');
            double held = totals.ArenaBytes + totals.MmappedBytes;
            HeapTables.Row(table, [
                trial.Tunables == recorded && i == 0 ? mark + " now" : mark, .. cells, .. report.Axes.Select(axis => ValueOf(pairs, axis)),
                Text.Size(totals.PeakResidentBytes), Text.Size(totals.ResidentBytes), .. showsNotLive ? [Text.Share(held - totals.LiveBytes, held)] : Array.Empty<string>(),
                Text.Count(totals.Faults), Text.Count(totals.SystemCalls.Total), Text.Time(trial.EstimateNs),
            ]);
        }

        console.Write(table);
        console.MarkupLine("[grey]* no other row is as good in peak RSS, final RSS and time, and better in one.[/]");
        if (report.Trials.Select((trial, i) => trial.SameAs != i).Any(same => same))
            console.MarkupLine("[grey]= comes to the same as a row that sets less.[/]");
        console.MarkupLine($"[grey]{(showsNotLive ? "Not live: of what malloc holds at the end. " : "")}Calls: malloc's system calls. Time: an estimate of malloc with its system calls and faults, without cache misses and waiting for arenas.[/]");
        foreach (string axis in report.IdleAxes)
            console.MarkupLine($"{Markup.Escape(axis)} makes no difference here.");
    }

    // Whole lines, whatever the width: they are there to be copied.
    private static void WriteCopies(HeapWhatIfReport report, IAnsiConsole console)
    {
        if (report.Axes.Count == 0)
            return;
        foreach (string tunables in report.Trials.Where(trial => trial.IsPareto && trial.Tunables.Length > 0).Select(trial => trial.Tunables).Distinct())
            console.Profile.Out.Writer.WriteLine($"GLIBC_TUNABLES={tunables}");
    }

    private static void WriteStep(HeapStep step, double noiseNs, IAnsiConsole console)
    {
        console.WriteLine();
        if (step.Delta.IsNothing || (IsNoise(step.Delta, noiseNs) && step.Effects.All(effect => IsNoise(effect.Delta, noiseNs))))
        {
            console.MarkupLine($"[bold]{step.From} → {step.To}[/]: {(step.Delta.IsNothing ? "the same" : "the same but for less than a thousandth of the time")}");
            return;
        }

        Table table = HeapTables.New($"{step.From} → {step.To}", "Since", ">Peak RSS", ">Final RSS", ">Faults", ">Calls", ">Time");
        table.Columns[0].NoWrap = false;
        HeapDelta rest = step.Delta;
        HeapChangeEffect[] effects = [.. step.Effects.Where(effect => !IsNoise(effect.Delta, noiseNs))];
        foreach (HeapChangeEffect effect in effects)
        {
            (string text, string since) = ReleaseChanges.Describe(effect.Change);
            Row(table, text, since, effect.Delta);
            rest -= effect.Delta;
        }

        if (!IsNoise(rest, noiseNs) && effects.Length > 0)
            Row(table, "several changes at once", "", rest);
        Row(table, effects.Length == 0 ? $"none of {step.Tried} changes alone" : "together", "", step.Delta);
        console.Write(table);
    }

    private static bool IsNoise(HeapDelta delta, double noiseNs) => delta with { EstimateNs = 0 } == default && Math.Abs(delta.EstimateNs) < noiseNs;

    private static void Row(Table table, string text, string since, HeapDelta delta) => HeapTables.Row(
        table, text, since, Signed(delta.PeakResidentBytes, bytes => Text.Size((ulong)bytes)), Signed(delta.ResidentBytes, bytes => Text.Size((ulong)bytes)),
        Signed(delta.Faults, Text.Count), Signed(delta.SystemCalls, Text.Count),
        delta.EstimateNs == 0 ? "" : (delta.EstimateNs < 0 ? "−" : "+") + Text.Time(Math.Abs(delta.EstimateNs)));

    private static string Signed(long value, Func<long, string> format) => value switch
    {
        0 => "",
        < 0 => "−" + format(-value),
        _ => "+" + format(value),
    };

    private static string ValueOf(string[] pairs, string tunable)
    {
        string start = $"{Prefix}{tunable}=";
        string? pair = Array.FindLast(pairs, pair => pair.StartsWith(start, StringComparison.Ordinal));
        return pair is null ? "default" : pair[start.Length..];
    }
}
