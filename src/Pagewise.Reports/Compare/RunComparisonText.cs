using System.Globalization;
using System.Text;
using System.Text.Json;
using Pagewise.Reports.Machines;

namespace Pagewise.Reports.Compare;

/// <summary>A comparison for people and as JSON (docs/json.md).</summary>
public static class RunComparisonText
{
    private const int Rows = 40;

    /// <summary>The JSON document, with a newline at its end.</summary>
    public static string Json(RunComparison comparison) => JsonSerializer.Serialize(comparison, RunComparisonContext.Default.RunComparison) + "\n";

    /// <summary>The text: facts that differ, figures that differ, and how many do not.</summary>
    /// <param name="comparison">The comparison.</param>
    /// <param name="all">All figures that differ; else the 40 that matter most.</param>
    public static string Table(RunComparison comparison, bool all)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"A: {Shown(comparison.A)}\nB: {Shown(comparison.B)}\n\n");
        if (comparison.Facts.Count > 0)
        {
            var facts = new TextTable("what differs", "A", "B");
            foreach (ComparedFact fact in comparison.Facts)
                facts.Add(Shown(fact.Name), Shown(fact.A), Shown(fact.B));
            text.Append(facts).Append('\n');
        }

        if (comparison.Differences.Count == 0)
            return text.Append(CultureInfo.InvariantCulture, $"no figure differs; {comparison.Equal.Count} are equal\n").ToString();
        var figures = new TextTable("figure", "A", "B", "B - A", "relative");
        int shown = all ? comparison.Differences.Count : Math.Min(Rows, comparison.Differences.Count);
        foreach (ComparedFigure figure in comparison.Differences.Take(shown))
        {
            string relative = figure.Relative is { } part ? (100 * part).ToString("+0.0;-0.0", CultureInfo.InvariantCulture) + " %" : "";
            string sign = figure.Difference < 0 ? "-" : "+";
            figures.Add(Shown(figure.Name), Value(figure.A, figure.Unit), Value(figure.B, figure.Unit), sign + Value(Math.Abs(figure.Difference), figure.Unit), relative);
        }

        text.Append(figures).Append('\n');
        if (shown < comparison.Differences.Count)
            text.Append(CultureInfo.InvariantCulture, $"{comparison.Differences.Count - shown} more figures differ (--all); ");
        return text.Append(CultureInfo.InvariantCulture, $"{comparison.Equal.Count} are equal\n").ToString();
    }

    private static string Value(long? value, string unit) => value is not { } number ? "-" : unit switch
    {
        "ns" => Text.Time(number),
        "bytes" => number < 0 ? "-" + Text.Size((ulong)-number) : Text.Size((ulong)number),
        _ => Text.Count(number),
    };

    private static string Shown(string text) => Exports.OneLine.Of(text);
}
