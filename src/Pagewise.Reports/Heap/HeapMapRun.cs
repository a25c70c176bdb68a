namespace Pagewise.Reports.Heap;

/// <summary>Neighbouring chunks of one size and state.</summary>
/// <param name="Address">The first chunk.</param>
/// <param name="State">"in use", "tcache", "fast", "unsorted", "small", "large", "top", "tcache struct", "fence" or "mapped".</param>
/// <param name="SizeBytes">The size of each.</param>
/// <param name="Chunks">How many.</param>
/// <param name="RequestedBytes">What the program asked for in them.</param>
/// <param name="Call">The call that took the first; 0 for free chunks.</param>
public sealed record HeapMapRun(ulong Address, string State, ulong SizeBytes, long Chunks, ulong RequestedBytes, long Call);
