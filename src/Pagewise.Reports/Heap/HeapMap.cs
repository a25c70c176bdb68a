namespace Pagewise.Reports.Heap;

/// <summary>A heap as it lies after one call.</summary>
/// <param name="Recording">What was replayed.</param>
/// <param name="Call">Calls made.</param>
/// <param name="Arenas">The arenas, the main one first.</param>
/// <param name="Tcaches">The tcaches by thread.</param>
/// <param name="Mapped">Blocks mapped on their own, by address.</param>
public sealed record HeapMap(
    HeapRecordingFacts Recording, long Call, IReadOnlyList<HeapMapArena> Arenas, IReadOnlyList<HeapMapTcache> Tcaches,
    IReadOnlyList<HeapMapRun> Mapped);
