namespace Pagewise.Reports.Heap;

/// <summary>A thread's tcache.</summary>
/// <param name="Thread">The thread, from 1 in order of its first call.</param>
/// <param name="Bins">Its bins that hold chunks.</param>
public sealed record HeapMapTcache(int Thread, IReadOnlyList<HeapMapBin> Bins);
