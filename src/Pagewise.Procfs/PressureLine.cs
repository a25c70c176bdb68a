using System.Globalization;

namespace Pagewise.Procfs;

/// <summary>A line of a file of /proc/pressure.</summary>
/// <param name="Avg10">Percent of the last 10 s that were stalled.</param>
/// <param name="Avg60">The same of 60 s.</param>
/// <param name="Avg300">The same of 300 s.</param>
/// <param name="TotalMicroseconds">Time stalled in all.</param>
public readonly record struct PressureLine(decimal Avg10, decimal Avg60, decimal Avg300, long TotalMicroseconds)
{
    /// <summary>As the kernel writes it, without "some" or "full".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"avg10={Avg10:0.00} avg60={Avg60:0.00} avg300={Avg300:0.00} total={TotalMicroseconds}");
}
