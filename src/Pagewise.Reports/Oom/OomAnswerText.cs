using System.Globalization;
using System.Text;
using Pagewise.Reports.Machines;

namespace Pagewise.Reports.Oom;

/// <summary>An answer for a person: first line the answer, then why, then what would change it.</summary>
public static class OomAnswerText
{
    /// <summary>Rows that are shown unless all are asked for.</summary>
    public const int UsualRows = 10;

    /// <summary>The text.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="rows">The most processes to show.</param>
    public static string Write(OomAnswer answer, int rows = UsualRows)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var text = new StringBuilder();
        text.Append(answer.Answer).Append("\n(").Append(answer.Source).Append(")\n");
        Section(text, "Why", answer.Why);
        if (answer.Alternatives.Count > 0)
        {
            text.Append("\nIf\n");
            foreach (OomAlternative alternative in answer.Alternatives)
                text.Append(CultureInfo.InvariantCulture, $"  {alternative.If}: {alternative.Then}\n");
        }

        Section(text, "What would change it", answer.Changes);
        Table(text, answer, rows);
        Section(text, "Notes", answer.Notes);
        return text.ToString();
    }

    private static void Section(StringBuilder text, string heading, IReadOnlyList<string> sentences)
    {
        if (sentences.Count == 0)
            return;
        text.Append('\n').Append(heading).Append('\n');
        foreach (string sentence in sentences)
            text.Append("  ").Append(sentence).Append('\n');
    }

    private static void Table(StringBuilder text, OomAnswer answer, int rows)
    {
        if (answer.Processes.Count == 0)
            return;
        text.Append(CultureInfo.InvariantCulture, $"\nPoints = resident + swap + page tables + oom_score_adj × {Text.Count(answer.TotalPages / 1000)} (a thousandth of {Size(answer.TotalPages)})\n");
        var table = new TextTable("  name (pid)", "resident", "swap", "tables", "adj", "adj weighs", "points", "score");
        foreach (OomAnswerRow row in answer.Processes.Take(rows))
        {
            table.Add(
                $"  {Shown(row.Name)} ({row.Pid})", Size(row.RssPages), Size(row.SwapPages), Size(row.PageTablePages), row.OomScoreAdj.ToString(CultureInfo.InvariantCulture),
                row.AdjustmentPages < 0 ? "−" + Size(-row.AdjustmentPages) : Size(row.AdjustmentPages), row.Points is { } points ? Text.Count(points) : row.Exempt ?? "never",
                row.OomScore.ToString(CultureInfo.InvariantCulture));
        }

        text.Append(table);
        if (answer.Processes.Count > rows)
            text.Append(CultureInfo.InvariantCulture, $"  and {Text.Count(answer.Processes.Count - rows)} more\n");
    }

    /// <summary>A process's name without what a terminal would obey.</summary>
    internal static string Shown(string name)
    {
        if (!name.AsSpan().ContainsAnyInRange('\0', '\x1f') && !name.AsSpan().ContainsAnyInRange('\x7f', '\x9f'))
            return name;
        return string.Concat(name.Select(letter => char.IsControl(letter) ? '?' : letter));
    }

    internal static string Size(long pages) => Text.Size((ulong)Math.Max(pages, 0) << 12);
}
