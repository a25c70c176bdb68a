namespace Pagewise.Reports.RunFiles;

/// <summary>Accesses to a region of an address space (table heat).</summary>
/// <param name="SampleId">The sample that ends the stretch of time.</param>
/// <param name="Pid">The process.</param>
/// <param name="Region">The region's first address divided by its length, meta's <c>heat_region_bytes</c>.</param>
/// <param name="Accesses">How many, an estimate from one run of accesses in about meta's <c>heat_sampling</c>.</param>
public sealed record RunHeat(long SampleId, int Pid, ulong Region, long Accesses);
