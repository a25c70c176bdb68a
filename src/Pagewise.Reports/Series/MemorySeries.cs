namespace Pagewise.Reports.Series;

/// <summary>A machine's memory over virtual time, at equal steps. Amounts are pages of 4 KiB.</summary>
public sealed record MemorySeries
{
    /// <summary>Nanoseconds between samples. The last sample is the end of the run.</summary>
    public double StepNs { get; init; }

    /// <summary>The min marks of all zones together, at the end.</summary>
    public long Min { get; init; }

    /// <summary>The low marks: below, a zone wakes kswapd.</summary>
    public long Low { get; init; }

    /// <summary>The high marks: kswapd sleeps above.</summary>
    public long High { get; init; }

    /// <summary>The samples, earliest first; at least one.</summary>
    public required IReadOnlyList<MemorySample> Samples { get; init; }
}
