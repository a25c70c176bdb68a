namespace Pagewise.Reports.Compare;

/// <summary>A figure of two runs.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Unit"><c>ns</c>, <c>bytes</c> or <c>count</c>.</param>
/// <param name="A">The first run's; null: it has none.</param>
/// <param name="B">The second run's; null: it has none.</param>
/// <param name="Difference">B − A.</param>
/// <param name="Relative">B − A as part of A; null where A is 0.</param>
public sealed record ComparedFigure(string Name, string Unit, long? A, long? B, long Difference, double? Relative)
{
    private const double NsPerPage = 1000;
    private const double BytesPerPage = 4096;

    /// <summary>Makes a figure of two values.</summary>
    public static ComparedFigure Of(string name, string unit, long? a, long? b)
    {
        long difference = unchecked((b ?? 0) - (a ?? 0));
        return new ComparedFigure(name, unit, a, b, difference, a is null or 0 ? null : (double)difference / a.Value);
    }

    /// <summary>By how much it matters: the relative difference, weighed by the number of digits of the absolute one (nanoseconds in µs, bytes in pages).</summary>
    internal double Weight
    {
        get
        {
            double size = Math.Abs((double)Difference) / (Unit switch { "ns" => NsPerPage, "bytes" => BytesPerPage, _ => 1 });
            double most = Math.Max(Math.Abs((double)(A ?? 0)), Math.Abs((double)(B ?? 0)));
            return most == 0 ? 0 : Math.Abs((double)Difference) / most * Math.Log10(1 + size);
        }
    }
}
