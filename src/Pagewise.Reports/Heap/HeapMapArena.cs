namespace Pagewise.Reports.Heap;

/// <summary>An arena of a heap map.</summary>
/// <param name="Number">Its number, as malloc_info has it; 0 is the main one.</param>
/// <param name="Address">Its malloc_state.</param>
/// <param name="SystemBytes">Bytes it holds of the system.</param>
/// <param name="TopAddress">Its top chunk.</param>
/// <param name="TopBytes">The top's size.</param>
/// <param name="Bins">Its bins that hold chunks.</param>
/// <param name="Runs">Its chunks in the order of addresses; alike neighbours are one run.</param>
public sealed record HeapMapArena(
    int Number, ulong Address, ulong SystemBytes, ulong TopAddress, ulong TopBytes, IReadOnlyList<HeapMapBin> Bins,
    IReadOnlyList<HeapMapRun> Runs);
