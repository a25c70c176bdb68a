namespace Pagewise.Reports.Heap;

/// <summary>Something that might have kept fewer pages resident, tried by running it.</summary>
/// <param name="What">malloc_trim(0) at this call, or a tunable from the start.</param>
/// <param name="Tunables">The value of GLIBC_TUNABLES that does it; empty for a call.</param>
/// <param name="ResidentBytes">What is resident then.</param>
/// <param name="SavedBytes">How much less that is; negative when it is more.</param>
public sealed record HeapRemedy(string What, string Tunables, ulong ResidentBytes, long SavedBytes);
