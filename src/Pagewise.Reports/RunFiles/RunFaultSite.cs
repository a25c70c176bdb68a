namespace Pagewise.Reports.RunFiles;

/// <summary>All faults of a kind in the areas of a name (table fault_site).</summary>
/// <param name="Pid">The process.</param>
/// <param name="VmaName">The areas' name as /proc/PID/maps has it; empty for anonymous memory.</param>
/// <param name="Kind">What resolved them: one of <see cref="FaultKind"/>'s names.</param>
/// <param name="Count">How many.</param>
public sealed record RunFaultSite(int Pid, string VmaName, string Kind, long Count);
