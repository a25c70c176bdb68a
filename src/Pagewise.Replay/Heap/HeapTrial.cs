namespace Pagewise.Replay.Heap;

/// <summary>A replay with another release or other tunables, and what it came to.</summary>
/// <param name="Release">The glibc release.</param>
/// <param name="Tunables">The value of <c>GLIBC_TUNABLES</c> that does it; empty to leave it unset.</param>
/// <param name="Totals">What was counted.</param>
/// <param name="EstimateNs">The time that malloc, its system calls and the faults would take, in nanoseconds: an estimate.</param>
/// <param name="SameAs">
/// The trial with the same outcome that sets the fewest tunables, by its number from 0: its own number where there is none.
/// </param>
/// <param name="IsPareto">
/// Whether no other trial is at least as good in peak and final residence and in time, and better in one. Of trials with
/// the same outcome only <paramref name="SameAs"/> is.
/// </param>
public sealed record HeapTrial(string Release, string Tunables, HeapTotals Totals, double EstimateNs, int SameAs, bool IsPareto);
