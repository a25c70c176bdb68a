namespace Pagewise.Reports.RunFiles;

/// <summary>A page fault (table fault).</summary>
/// <param name="TimeNs">When, virtual nanoseconds.</param>
/// <param name="Pid">The process.</param>
/// <param name="Address">The address that faulted.</param>
/// <param name="Kind">What resolved it: one of <see cref="FaultKind"/>'s names.</param>
/// <param name="IsMajor">Whether a device was read for it.</param>
/// <param name="Pages">Pages of 4 KiB that it mapped.</param>
/// <param name="CostNs">Virtual nanoseconds that it took, waiting included.</param>
public sealed record RunFault(long TimeNs, int Pid, ulong Address, string Kind, bool IsMajor, int Pages, long CostNs);
