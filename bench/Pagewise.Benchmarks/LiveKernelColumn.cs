using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Pagewise.Benchmarks;

/// <summary>
/// Puts the live kernel's figure, or how many times faster the model is, beside each benchmark that carries
/// <see cref="LiveKernelAttribute"/>.
/// </summary>
/// <param name="ratio">Whether the column shows the ratio and not the figure.</param>
public sealed class LiveKernelColumn(bool ratio) : IColumn
{
    /// <inheritdoc/>
    public string Id => ratio ? "LiveKernelRatio" : "LiveKernel";

    /// <inheritdoc/>
    public string ColumnName => ratio ? "Live/Model" : "Live kernel";

    /// <inheritdoc/>
    public bool AlwaysShow => true;

    /// <inheritdoc/>
    public ColumnCategory Category => ColumnCategory.Custom;

    /// <inheritdoc/>
    public int PriorityInCategory => ratio ? 1 : 0;

    /// <inheritdoc/>
    public bool IsNumeric => true;

    /// <inheritdoc/>
    public UnitType UnitType => UnitType.Dimensionless;

    /// <inheritdoc/>
    public string Legend => ratio
        ? "How many times faster the model is than the kernel that runs it, the best of each"
        : "The kernel and CPU of this machine at the same work (native/livekernel.c), per operation";

    /// <inheritdoc/>
    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.Any(benchmark => Figure(benchmark) is not null);

    /// <inheritdoc/>
    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => Figure(benchmarkCase) is null;

    /// <inheritdoc/>
    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, SummaryStyle.Default);

    /// <inheritdoc/>
    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
    {
        if (Figure(benchmarkCase) is not { } figure)
            return "-";
        if (LiveKernel.Nanoseconds(figure) is not { } nanoseconds)
            return LiveKernel.Unavailable ?? "?";
        if (!ratio)
            return nanoseconds.ToString("N1", CultureInfo.InvariantCulture) + " ns";
        return summary[benchmarkCase]?.ResultStatistics is { Min: > 0 } statistics
            ? (nanoseconds / statistics.Min).ToString("N2", CultureInfo.InvariantCulture)
            : "?";
    }

    private static string? Figure(BenchmarkCase benchmark) =>
        benchmark.Descriptor.WorkloadMethod.GetCustomAttribute<LiveKernelAttribute>()?.Figure;
}
