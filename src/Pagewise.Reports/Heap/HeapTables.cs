using Spectre.Console;
using Spectre.Console.Rendering;

namespace Pagewise.Reports.Heap;

/// <summary>The look of tables in the heap's reports.</summary>
internal static class HeapTables
{
    private const string Bars = "▁▂▃▄▅▆▇█";

    /// <summary>An empty table; columns whose name starts with &gt; are set to the right.</summary>
    public static Table New(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.Minimal, ShowRowSeparators = false };
        table.BorderColor(Color.Grey);
        foreach (string column in columns)
        {
            bool right = column.StartsWith('>');
            string name = right ? column[1..] : column;
            table.AddColumn(new TableColumn(new Markup($"[bold]{Markup.Escape(name)}[/]")) { NoWrap = true, Alignment = right ? Justify.Right : Justify.Left });
        }

        return table;
    }

    /// <summary>Adds a row of plain text.</summary>
    public static void Row(Table table, params ReadOnlySpan<string> cells)
    {
        var row = new IRenderable[cells.Length];
        for (int i = 0; i < cells.Length; i++)
            row[i] = new Spectre.Console.Text(cells[i]);
        table.AddRow(row);
    }

    /// <summary>A row of bars, the highest for <paramref name="most"/>; values are gathered to at most <paramref name="width"/> bars, the greatest of each.</summary>
    public static string Sparkline(IReadOnlyList<double> values, double most, int width)
    {
        int bars = Math.Min(width, values.Count);
        var text = new char[bars];
        for (int i = 0; i < bars; i++)
        {
            double value = 0;
            for (int j = i * values.Count / bars; j < (i + 1) * values.Count / bars; j++)
                value = Math.Max(value, values[j]);
            text[i] = Bars[most <= 0 ? 0 : Math.Clamp((int)(value / most * Bars.Length), 0, Bars.Length - 1)];
        }

        return new string(text);
    }
}
