using Pagewise.Reports.Machines;

namespace Pagewise.Reports.Series;

/// <summary>A series for people: a line of bars for each figure, and a table of moments.</summary>
public static class MemorySeriesText
{
    private const int Bars = 60;
    private const int Rows = 20;
    private const string Blocks = "▁▂▃▄▅▆▇█";

    private static readonly (string Name, Func<MemorySample, long> Of)[] Amounts =
    [
        ("free", sample => sample.Free),
        ("inactive anon", sample => sample.InactiveAnon),
        ("active anon", sample => sample.ActiveAnon),
        ("inactive file", sample => sample.InactiveFile),
        ("active file", sample => sample.ActiveFile),
        ("unevictable", sample => sample.Unevictable),
        ("swap", sample => sample.SwapUsed),
        ("dirty", sample => sample.Dirty),
        ("writeback", sample => sample.Writeback),
    ];

    // Counters: what each stretch of time added.
    private static readonly (string Name, Func<MemorySample, long> Of)[] Counters =
    [
        ("faults", sample => sample.Faults),
        ("major faults", sample => sample.MajorFaults),
        ("refaults", sample => sample.Refaults),
        ("kswapd runs", sample => sample.KswapdRuns),
        ("kswapd scans", sample => sample.ScanKswapd),
        ("direct scans", sample => sample.ScanDirect),
    ];

    /// <summary>The text.</summary>
    public static string Write(MemorySeries series)
    {
        IReadOnlyList<MemorySample> samples = series.Samples;
        MemorySample[] places = [.. Places(samples.Count, Bars).Select(index => samples[index])];
        double length = samples[^1].TimeNs;
        var text = new System.Text.StringBuilder();
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"memory over {Text.Time(length)} of virtual time, {samples.Count} samples; min {Pages(series.Min)}, low {Pages(series.Low)}, high {Pages(series.High)}\n\n");
        var lines = new TextTable("", "over time".PadRight(places.Length), "least", "most");
        foreach ((string name, Func<MemorySample, long> of) in Amounts)
        {
            long[] values = [.. places.Select(of)];
            // A figure that the machine never had says nothing.
            if (samples.Any(sample => of(sample) != 0))
                lines.Add(name, Line(values), Pages(samples.Min(of)), Pages(samples.Max(of)));
        }

        foreach ((string name, Func<MemorySample, long> of) in Counters)
        {
            long[] values = new long[places.Length];
            for (int i = 1; i < values.Length; i++)
                values[i] = of(places[i]) - of(places[i - 1]);
            if (of(samples[^1]) != of(samples[0]))
                lines.Add(name, Line(values), "", Text.Count(of(samples[^1]) - of(samples[0])));
        }

        text.Append(lines).Append('\n');
        var table = new TextTable(["time", .. Columns.Select(column => column.Heading)]);
        MemorySample before = samples[0];
        foreach (int index in Places(samples.Count, Rows))
        {
            MemorySample sample = samples[index];
            table.Add([Text.Time(sample.TimeNs), .. Columns.Select(column => column.Cell(series, before, sample))]);
            before = sample;
        }

        return text.Append(table).ToString();
    }

    private static readonly (string Heading, Func<MemorySeries, MemorySample, MemorySample, string> Cell)[] Columns =
    [
        ("free", (_, _, sample) => Pages(sample.Free)),
        ("below", (series, _, sample) => sample.Free < series.Min ? "min" : sample.Free < series.Low ? "low" : sample.Free < series.High ? "high" : ""),
        ("anon in/active", (_, _, sample) => $"{Pages(sample.InactiveAnon)} / {Pages(sample.ActiveAnon)}"),
        ("file in/active", (_, _, sample) => $"{Pages(sample.InactiveFile)} / {Pages(sample.ActiveFile)}"),
        ("swap", (_, _, sample) => Pages(sample.SwapUsed)),
        ("+faults", (_, before, sample) => Text.Count(sample.Faults - before.Faults)),
        ("+major", (_, before, sample) => Text.Count(sample.MajorFaults - before.MajorFaults)),
        ("+refaults", (_, before, sample) => Text.Count(sample.Refaults - before.Refaults)),
        ("+kswapd", (_, before, sample) => Text.Count(sample.ScanKswapd - before.ScanKswapd)),
        ("+direct", (_, before, sample) => Text.Count(sample.ScanDirect - before.ScanDirect)),
    ];

    /// <summary>At most so many places of a list, evenly, the last one included.</summary>
    private static IEnumerable<int> Places(int count, int most)
    {
        int shown = Math.Min(count, most);
        for (int i = 0; i < shown; i++)
            yield return shown == 1 ? 0 : (int)((long)i * (count - 1) / (shown - 1));
    }

    private static string Line(long[] values)
    {
        long most = Math.Max(1, values.Max());
        return string.Concat(values.Select(value => Blocks[(int)Math.Clamp(value * (Blocks.Length - 1) / most, 0, Blocks.Length - 1)]));
    }

    private static string Pages(long pages) => Text.Size((ulong)Math.Max(0, pages) << 12);
}
