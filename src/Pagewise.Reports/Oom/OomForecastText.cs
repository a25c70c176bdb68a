using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Pagewise.Reports.Machines;

namespace Pagewise.Reports.Oom;

/// <summary>A forecast for a person, or as JSON: first line the answer, then what happens when, then what a change would do.</summary>
public static class OomForecastText
{
    private static readonly OomForecastContext Context = new(new JsonSerializerOptions(OomForecastContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>The report as one JSON document with a newline at its end.</summary>
    public static string Json(OomForecastReport report) => JsonSerializer.Serialize(report, Context.OomForecastReport) + "\n";

    /// <summary>The text.</summary>
    public static string Write(OomForecastReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var text = new StringBuilder();
        text.Append(report.Answer).Append("\n(").Append(report.Source).Append(")\n\nGrowth\n");
        foreach (OomForecastGrowth one in report.Growth)
        {
            string span = one.LeastBytesPerSecond == one.MostBytesPerSecond ? "" : $" ({Rate(one.LeastBytesPerSecond)} to {Rate(one.MostBytesPerSecond)})";
            text.Append("  ").Append(OomAnswerText.Shown(one.Name)).Append(CultureInfo.InvariantCulture, $" ({one.Pid}): {Rate(one.BytesPerSecond)}{span}\n");
        }

        text.Append("\nWhat happens\n");
        IReadOnlyList<OomForecastStep> steps = report.Cases[0].Events;
        if (steps.Count == 0)
            text.Append("  nothing, for ").Append(Duration(report.HorizonSeconds)).Append('\n');
        foreach (OomForecastStep step in steps)
        {
            text.Append("  ").Append(Duration(step.AtSeconds).PadLeft(12)).Append("  ").Append(Words(step)).Append(Span(step.EarliestSeconds, step.AtSeconds, step.LatestSeconds)).Append('\n');
            Scores(text, step);
        }

        Compare(text, report);
        if (report.Notes.Count > 0)
            text.Append("\nNotes\n");
        foreach (string note in report.Notes)
            text.Append("  ").Append(note).Append('\n');
        return text.ToString();
    }

    /// <summary>"9.5 s", "4 min 10 s", "2 h 5 min".</summary>
    internal static string Duration(double seconds)
    {
        if (seconds < 60)
            return string.Create(CultureInfo.InvariantCulture, $"{seconds:0.#} s");
        long whole = (long)Math.Round(seconds);
        if (whole < 3600)
            return string.Create(CultureInfo.InvariantCulture, $"{whole / 60} min {whole % 60} s");
        return string.Create(CultureInfo.InvariantCulture, $"{whole / 3600} h {whole % 3600 / 60} min");
    }

    /// <summary>" (3 min 50 s to 4 min 40 s)"; empty where nothing is uncertain.</summary>
    internal static string Span(double earliest, double at, double? latest)
    {
        if (latest is null)
            return $" ({Duration(earliest)} at the earliest, perhaps never)";
        return Math.Abs(latest.Value - earliest) < 0.05 && Math.Abs(at - earliest) < 0.05 ? "" : $" ({Duration(earliest)} to {Duration(latest.Value)})";
    }

    private static string Words(OomForecastStep step) => step.Event switch
    {
        "lowWatermark" => $"free memory is down to the low watermark, {Text.Size(step.FreeBytes)}: kswapd begins to reclaim",
        "swapBegins" => $"page cache alone does not do: the first pages go to swap ({Text.Size(step.SwapFreeBytes)} free)",
        "swapFull" => "swap is full",
        "directReclaim" => $"free memory is down to the min watermark, {Text.Size(step.FreeBytes)}: whoever asks for memory stalls",
        "kill" => $"{OomAnswerText.Shown(step.VictimName ?? "")} ({step.VictimPid}) is killed; {Text.Size(step.FreeBytes)} of memory and {Text.Size(step.SwapFreeBytes)} of swap are free after it",
        _ => "nobody may be killed: the kernel panics",
    };

    private static void Scores(StringBuilder text, OomForecastStep step)
    {
        if (step.Scores.Count == 0)
            return;
        var table = new TextTable("                  name (pid)", "resident", "swap", "tables", "adj", "points", "score");
        foreach (OomAnswerRow row in step.Scores)
        {
            table.Add(
                $"                  {OomAnswerText.Shown(row.Name)} ({row.Pid})", OomAnswerText.Size(row.RssPages), OomAnswerText.Size(row.SwapPages), OomAnswerText.Size(row.PageTablePages),
                row.OomScoreAdj.ToString(CultureInfo.InvariantCulture), row.Points is { } points ? Text.Count(points) : "never", row.OomScore.ToString(CultureInfo.InvariantCulture));
        }

        text.Append(table);
    }

    /// <summary>The cases side by side: a line for each kind of event, when it first happens.</summary>
    private static void Compare(StringBuilder text, OomForecastReport report)
    {
        if (report.Cases.Count < 2)
            return;
        text.Append("\nSide by side\n");
        var table = new TextTable(["  ", "as it is", .. report.Cases.Skip(1).Select(one => one.If)]);
        foreach ((string kind, string name) in ((string, string)[])[("lowWatermark", "low watermark"), ("swapBegins", "swap begins"), ("swapFull", "swap full"), ("directReclaim", "stalls"), ("kill", "first kill"), ("panic", "panic")])
        {
            if (report.Cases.All(one => one.Events.All(step => step.Event != kind)))
                continue;
            table.Add([$"  {name}", .. report.Cases.Select(one => one.Events.FirstOrDefault(step => step.Event == kind) is { } step ? Cell(step) : "-")]);
        }

        text.Append(table);

        static string Cell(OomForecastStep step) => step.VictimPid is null ? Duration(step.AtSeconds) : $"{Duration(step.AtSeconds)}: {OomAnswerText.Shown(step.VictimName ?? "")} ({step.VictimPid})";
    }

    private static string Rate(double bytesPerSecond) => Text.Size((ulong)Math.Max(0, bytesPerSecond)) + "/s";
}
