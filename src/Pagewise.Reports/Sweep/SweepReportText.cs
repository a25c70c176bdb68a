using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Pagewise.Replay.Sweeping;
using Pagewise.Reports.Machines;

namespace Pagewise.Reports.Sweep;

/// <summary>A sweep as text: a table for people, comma-separated values, JSON.</summary>
public static class SweepReportText
{
    private static readonly SweepReportContext Context = new(new JsonSerializerOptions(SweepReportContext.Default.Options)
    {
        // Paths are shown as they are; the document is not embedded in HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    private static readonly (string Heading, Func<SweepOutcome, string> Cell)[] CsvColumns =
    [
        ("faults", row => Plain(row.Faults)),
        ("major_faults", row => Plain(row.MajorFaults)),
        ("refault_file", row => Plain(row.RefaultFile)),
        ("refault_anon", row => Plain(row.RefaultAnon)),
        ("swap_out", row => Plain(row.SwapOut)),
        ("swap_in", row => Plain(row.SwapIn)),
        ("scan_kswapd", row => Plain(row.ScanKswapd)),
        ("scan_direct", row => Plain(row.ScanDirect)),
        ("allocstall", row => Plain(row.AllocStall)),
        ("memory_stall_ns", row => Plain(row.MemoryStallNs)),
        ("io_stall_ns", row => Plain(row.IoStallNs)),
        ("time_ns", row => Plain(row.TimeNs)),
        ("unexpected_signals", row => Plain(row.UnexpectedSignals)),
    ];

    /// <summary>The table. The last column names how often memory was not enough, where that happened.</summary>
    public static string Table(SweepReport report)
    {
        double least = report.Outcomes.Min(row => row.TimeNs);
        bool hasSignals = report.Outcomes.Any(row => row.UnexpectedSignals > 0);
        string[] figures = ["faults", "major", "refaults", "swap out", "swap in", "direct reclaims", "stalled", "time", "× least"];
        var table = new TextTable([.. report.Axes, .. figures, .. hasSignals ? ["no memory"] : Array.Empty<string>()]);
        foreach (SweepOutcome row in report.Outcomes)
        {
            string[] cells =
            [
                Text.Count(row.Faults), Text.Count(row.MajorFaults), Text.Count(row.RefaultFile + row.RefaultAnon), Text.Count(row.SwapOut), Text.Count(row.SwapIn),
                Text.Count(row.AllocStall), Text.Time(row.MemoryStallNs), Text.Time(row.TimeNs), least > 0 ? (row.TimeNs / least).ToString("0.00", CultureInfo.InvariantCulture) : "–",
            ];
            table.Add([.. row.Values, .. cells, .. hasSignals ? [row.UnexpectedSignals == 0 ? "" : Text.Count(row.UnexpectedSignals)] : Array.Empty<string>()]);
        }

        return table.ToString();
    }

    /// <summary>Comma-separated values with a heading (RFC 4180, lines end with a newline).</summary>
    public static string Csv(SweepReport report)
    {
        var text = new StringBuilder();
        text.AppendJoin(',', [.. report.Axes.Select(Quoted), .. CsvColumns.Select(column => column.Heading)]).Append('\n');
        foreach (SweepOutcome row in report.Outcomes)
            text.AppendJoin(',', [.. row.Values.Select(Quoted), .. CsvColumns.Select(column => column.Cell(row))]).Append('\n');
        return text.ToString();
    }

    /// <summary>One JSON document with a newline at its end.</summary>
    public static string Json(SweepReport report) => JsonSerializer.Serialize(report, Context.SweepReport) + "\n";

    private static string Plain(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Plain(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    private static string Quoted(string value) => value.AsSpan().IndexOfAny(",\"\n\r") < 0 ? value : $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
