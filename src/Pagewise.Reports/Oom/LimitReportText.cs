using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Pagewise.Kernel.Cgroups;
using Pagewise.Replay.Oom;
using Pagewise.Reports.Machines;

namespace Pagewise.Reports.Oom;

/// <summary>Limits that were found: first the answer, then the figures on both sides of each threshold.</summary>
public static class LimitReportText
{
    private static readonly LimitReportContext Context = new(new JsonSerializerOptions(LimitReportContext.Default.Options)
    {
        // Paths are shown as they are; the document is not embedded in HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>The report as text.</summary>
    public static string Write(LimitReport report)
    {
        var text = new StringBuilder();
        LimitThreshold crawl = report.Thresholds[^2];
        LimitThreshold death = report.Thresholds[^1];
        if (death.Above.IsCut && crawl.Below is { } slow)
        {
            text.Append(CultureInfo.InvariantCulture, $"It needs memory.max of {Size(crawl.Above.LimitBytes)} to get on; with {Size(slow.LimitBytes)} it takes more than {LimitSearch.MostTimes} times as long");
            text.Append(death.Below is null ? ".\n" : $", and with {Size(death.Below.LimitBytes)} it is killed before that.\n");
        }
        else
        {
            text.Append(death.Below is null
                ? "It never dies, whatever the limit: all it has can be reclaimed.\n"
                : $"It needs memory.max of {Size(death.Above.LimitBytes)} to live; with {Size(death.Below.LimitBytes)} it is killed.\n");
        }

        foreach (LimitThreshold threshold in report.Thresholds)
        {
            text.Append(threshold.Below is null
                ? $"  never {threshold.Event}\n"
                : $"  first {threshold.Event} at {Size(threshold.Below.LimitBytes)}, not at {Size(threshold.Above.LimitBytes)}\n");
        }

        var table = new TextTable(["memory.max", "peak", "refused", "scanned", "reclaimed", "refaults", "swap", "oom", "major", "time"]);
        IEnumerable<LimitTrial> trials = report.Thresholds.SelectMany(one => one.Below is null ? new[] { one.Above } : [one.Above, one.Below])
            .Append(report.Unlimited).DistinctBy(trial => trial.LimitBytes).OrderByDescending(trial => trial.LimitBytes);
        foreach (LimitTrial trial in trials)
        {
            table.Add([
                Size(trial.LimitBytes), Size((ulong)trial.PeakBytes), Text.Count(trial.Refused), Text.Count(trial.Scanned), Text.Count(trial.Reclaimed),
                Text.Count(trial.Refaults), Size((ulong)trial.SwapPeakBytes), Text.Count(trial.Ooms), Text.Count(trial.MajorFaults), (trial.IsCut ? "over " : "") + Text.Time(trial.TimeNs),
            ]);
        }

        return text.Append('\n').Append(table).ToString();
    }

    /// <summary>One JSON document with a newline at its end.</summary>
    public static string Json(LimitReport report) => JsonSerializer.Serialize(report, Context.LimitReport) + "\n";

    private static string Size(ulong bytes) => bytes switch
    {
        CgroupSpec.Max => "max",
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 10} KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.000} MiB"),
    };
}
