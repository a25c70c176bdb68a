using Pagewise.Malloc;

namespace Pagewise.Replay.Heap;

/// <summary>A live block of the program.</summary>
/// <param name="Address">The program's pointer.</param>
/// <param name="SizeBytes">What the program asked for.</param>
/// <param name="Chunk">The chunk that holds it.</param>
/// <param name="Step">The step that took it, from 0.</param>
public readonly record struct HeapBlock(ulong Address, ulong SizeBytes, HeapChunk Chunk, long Step);
