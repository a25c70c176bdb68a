namespace Pagewise.Reports.Locality;

/// <summary>How often an LRU list of a size would have missed.</summary>
/// <param name="Pages">The list's length, pages of 4 KiB.</param>
/// <param name="Misses">Accesses to pages that were not on it, first ones included; an estimate where pages were sampled.</param>
/// <param name="Accesses">All accesses.</param>
public sealed record MissRatioPoint(long Pages, long Misses, long Accesses);
