namespace Pagewise.Procfs;

/// <summary>The per-CPU lists of a zone in /proc/zoneinfo.</summary>
/// <param name="Cpu">The CPU.</param>
/// <param name="Count">Pages in the lists.</param>
/// <param name="High">The count at which pages are given back.</param>
/// <param name="Batch">Pages traded at once.</param>
/// <param name="HighMin">Least high; null before 6.7.</param>
/// <param name="HighMax">Greatest high; null before 6.7.</param>
/// <param name="VmStatsThreshold">"vm stats threshold".</param>
public sealed record ZoneinfoPageset(int Cpu, int Count, int High, int Batch, int? HighMin, int? HighMax, int VmStatsThreshold);
