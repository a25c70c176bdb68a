namespace Pagewise.Malloc;

/// <summary>A chunk as a walk over the heap finds it.</summary>
/// <param name="Address">The chunk's address: its block begins two words further.</param>
/// <param name="SizeBytes">Its size, header included.</param>
/// <param name="State">What it is.</param>
/// <param name="Arena">The arena it belongs to, by address of its malloc_state.</param>
/// <param name="Index">Its bin, fast bin or tcache bin; 0 otherwise.</param>
/// <param name="Thread">The thread whose tcache holds it, or is in it; -1 otherwise.</param>
public readonly record struct HeapChunk(ulong Address, ulong SizeBytes, HeapChunkState State, ulong Arena, int Index, int Thread);
