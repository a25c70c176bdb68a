namespace Pagewise.Reports.Locality;

/// <summary>How many pages programs used within a stretch of virtual time (Denning's working set), over all such stretches that had accesses.</summary>
/// <param name="WindowNs">The stretch, nanoseconds.</param>
/// <param name="P50">Pages that half of the stretches did not exceed; an estimate where pages were sampled.</param>
/// <param name="P90">Pages that nine tenths did not exceed.</param>
/// <param name="P99">Pages that 99 % did not exceed.</param>
public sealed record WorkingSet(long WindowNs, long P50, long P90, long P99);
