using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Pagewise.Procfs.Oom;

/// <summary>
/// The columns of a report's task table. They came in generations (dump_tasks, mm/oom_kill.c): page tables counted by
/// level to Linux 4.14, in bytes from 4.15, the resident set by kind from 6.8; wide PIDs from 4.19.
/// </summary>
public sealed class OomTableFormat
{
    private static readonly string[] PageTableColumns = ["nr_ptes", "nr_pmds", "nr_puds", "pgtables_bytes"];
    private static readonly string[] Known =
        ["uid", "tgid", "total_vm", "rss", "rss_anon", "rss_file", "rss_shmem", .. PageTableColumns, "swapents", "oom_score_adj", "name"];

    private readonly string[] _columns;
    private readonly bool _widePids;

    private OomTableFormat(string[] columns, bool widePids)
    {
        _columns = columns;
        _widePids = widePids;
    }

    /// <summary>Linux 4.19 to 6.7.</summary>
    public static OomTableFormat PageTableBytes { get; } = new(["uid", "tgid", "total_vm", "rss", "pgtables_bytes", "swapents", "oom_score_adj", "name"], widePids: true);

    /// <summary>Linux 6.8 and later.</summary>
    public static OomTableFormat RssByKind { get; } =
        new(["uid", "tgid", "total_vm", "rss", "rss_anon", "rss_file", "rss_shmem", "pgtables_bytes", "swapents", "oom_score_adj", "name"], widePids: true);

    /// <summary>Whether page tables are in bytes, not tables by level.</summary>
    public bool CountsPageTableBytes => _columns.Contains("pgtables_bytes");

    /// <summary>Reads a heading, such as "[  pid  ]   uid  tgid total_vm …".</summary>
    public static bool TryParse(string message, [NotNullWhen(true)] out OomTableFormat? format)
    {
        format = null;
        bool wide = message.StartsWith("[  pid  ]", StringComparison.Ordinal);
        if (!wide && !message.StartsWith("[ pid ]", StringComparison.Ordinal))
            return false;
        string[] columns = message[(wide ? 9 : 7)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        // A table without these says too little to choose by, and "name" has to be the last: names hold blanks.
        if (columns is not ["uid", "tgid", "total_vm", "rss", .., "name"] || !columns.All(Known.Contains) || columns.Distinct().Count() != columns.Length
            || !columns.Contains("swapents") || !columns.Contains("oom_score_adj") || !columns.Any(PageTableColumns.Contains))
            return false;
        format = new OomTableFormat(columns, wide);
        return true;
    }

    /// <summary>The heading.</summary>
    public string Heading()
    {
        var text = new StringBuilder(_widePids ? "[  pid  ]" : "[ pid ]");
        foreach (string column in _columns)
            text.Append(' ').Append(column switch { "uid" or "tgid" => column.PadLeft(5), "rss" => column.PadLeft(8), _ => column });
        return text.ToString();
    }

    /// <summary>Reads a row.</summary>
    public bool TryRow(string message, [NotNullWhen(true)] out OomTask? task)
    {
        task = null;
        int close = message.StartsWith('[') ? message.IndexOf(']', StringComparison.Ordinal) : -1;
        if (close < 0 || !int.TryParse(message.AsSpan(1, close - 1), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out int pid))
            return false;
        Span<long> values = stackalloc long[_columns.Length - 1];
        ReadOnlySpan<char> rest = message.AsSpan(close + 1);
        for (int i = 0; i < values.Length; i++)
        {
            rest = rest.TrimStart(' ');
            int end = rest.IndexOf(' ');
            if (end < 0 || !long.TryParse(rest[..end], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out values[i]))
                return false;
            rest = rest[end..];
        }

        if (rest.Length < 2)
            return false;
        long adj = Of(values, "oom_score_adj") ?? 0;
        if (adj is < -1000 or > 1000 || Of(values, "tgid") is not (>= 0 and <= int.MaxValue))
            return false;
        for (int i = 2; i < values.Length; i++)
        {
            // Counters that lag may be a little below zero, but not by more than a machine could hold.
            if (Math.Abs(values[i]) > 1L << 52)
                return false;
        }

        var tables = new List<long>(2);
        foreach (string column in PageTableColumns)
        {
            if (Of(values, column) is { } count)
                tables.Add(count);
        }

        task = new OomTask(
            pid, values[0], (int)values[1], values[2], values[3], Of(values, "rss_anon"), Of(values, "rss_file"), Of(values, "rss_shmem"), tables,
            Of(values, "swapents") ?? 0, (int)adj, rest[1..].ToString());
        return true;
    }

    /// <summary>Writes a row.</summary>
    public string Row(OomTask task)
    {
        var text = new StringBuilder();
        text.Append('[').Append(task.Pid.ToString(CultureInfo.InvariantCulture).PadLeft(_widePids ? 7 : 5)).Append(']');
        int table = 0;
        foreach (string column in _columns)
        {
            (string value, int width) = column switch
            {
                "uid" => (Text(task.Uid), 5),
                "tgid" => (Text(task.Tgid), 5),
                "total_vm" => (Text(task.TotalVm), 8),
                "rss" => (Text(task.Rss), 8),
                "rss_anon" => (Text(task.RssAnon ?? 0), 8),
                "rss_file" => (Text(task.RssFile ?? 0), 8),
                "rss_shmem" => (Text(task.RssShmem ?? 0), 9),
                "swapents" => (Text(task.Swapents), 8),
                "oom_score_adj" => (Text(task.OomScoreAdj), 13),
                "name" => (task.Comm, 0),
                "pgtables_bytes" => (Text(task.PageTables[table++]), 8),
                _ => (Text(task.PageTables[table++]), 7),
            };
            text.Append(' ').Append(value.PadLeft(width));
        }

        return text.ToString();
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private long? Of(ReadOnlySpan<long> values, string column)
    {
        int index = Array.IndexOf(_columns, column);
        return index < 0 ? null : values[index];
    }
}
