namespace Pagewise.Reports.RunFiles;

/// <summary>A counter of /proc/vmstat at a moment (table vmstat).</summary>
/// <param name="Name">The counter.</param>
/// <param name="Value">Its value.</param>
public sealed record RunVmstat(string Name, long Value);
