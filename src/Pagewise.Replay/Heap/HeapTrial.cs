namespace Pagewise.Replay.Heap;

/// <summary>A replay with other tunables, and what it came to.</summary>
/// <param name="Tunables">The value of <c>GLIBC_TUNABLES</c> that does it; empty to leave it unset.</param>
/// <param name="Totals">What was counted.</param>
/// <param name="EstimateNs">The time that malloc, its system calls and the faults would take, in nanoseconds: an estimate.</param>
/// <param name="IsPareto">Whether no other trial is at least as good in peak and final residence and in time, and better in one.</param>
public sealed record HeapTrial(string Tunables, HeapTotals Totals, double EstimateNs, bool IsPareto);
