using System.Globalization;
using Pagewise.Workloads;

namespace Pagewise.Replay.Experiments;

/// <summary>A line of readahead.tsv: what one call or touch of a sub-case did to the page cache.</summary>
/// <param name="Line">The line in the file, from 1.</param>
/// <param name="Subcase">The sub-case.</param>
/// <param name="Access">Its number in the sub-case, from 0.</param>
/// <param name="Call">The call's name.</param>
/// <param name="File">The file's path.</param>
/// <param name="Offset">The first byte; −1: none is told.</param>
/// <param name="Length">Bytes; −1: none is told.</param>
/// <param name="Cells">What is compared: kind, pages_added, pages_removed, requests, windows, pte.</param>
internal sealed record ReadaheadRow(int Line, string Subcase, int Access, string Call, string File, long Offset, long Length, IReadOnlyList<string> Cells)
{
    /// <summary>The names of <see cref="Cells"/>.</summary>
    public static IReadOnlyList<string> CellNames { get; } = ["kind", "pages_added", "pages_removed", "requests", "windows", "pte"];

    private const string Header = "subcase\taccess\tcall\tfile\toffset\tlength\tkind\tpages_added\tpages_removed\trequests\twindows\tpte";
    private const int FirstCell = 6;

    /// <summary>Reads the file.</summary>
    /// <exception cref="RecordingException">It is no such table.</exception>
    public static List<ReadaheadRow> Read(ExperimentFiles files, string name)
    {
        string[] lines = files.Lines(name);
        if (lines.Length == 0 || lines[0] != Header)
            throw new RecordingException(files.PathOf(name), 1, 1, $"expected the columns {Header.Replace('\t', ' ')}");
        var rows = new List<ReadaheadRow>(lines.Length);
        for (int i = 1; i < lines.Length; i++)
        {
            string[] cells = lines[i].Split('\t');
            if (cells.Length != FirstCell + CellNames.Count)
                throw new RecordingException(files.PathOf(name), i + 1, 1, $"expected {FirstCell + CellNames.Count} columns, there are {cells.Length}");
            if (!int.TryParse(cells[1], NumberStyles.None, CultureInfo.InvariantCulture, out int access))
                throw new RecordingException(files.PathOf(name), i + 1, 1, "expected the number of an access in the second column");
            rows.Add(new ReadaheadRow(i + 1, cells[0], access, cells[2], cells[3], Number(cells[4]), Number(cells[5]), cells[FirstCell..]));
        }

        return rows;

        static long Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : -1;
    }
}
