using Pagewise.Malloc;

namespace Pagewise.Replay.Heap;

/// <summary>A heap as it lies at one moment of a replay.</summary>
/// <param name="Replayer">The replay, which stands at that moment.</param>
/// <param name="Chunks">Every chunk of every arena, ascending within each part of an arena.</param>
/// <param name="Blocks">The program's live blocks by address, those mapped on their own too.</param>
/// <param name="Arenas">The arenas by address of their malloc_state, the main one first.</param>
public sealed record HeapSnapshot(
    HeapReplayer Replayer, IReadOnlyList<HeapChunk> Chunks, IReadOnlyList<HeapBlock> Blocks, IReadOnlyList<ulong> Arenas);
