namespace Pagewise.Replay.Heap;

/// <summary>
/// The highest chunk in use of an arena: what is free below it lies out of reach of the trimming that free does by itself,
/// which takes from the top only.
/// </summary>
/// <param name="Arena">The arena, by address of its malloc_state.</param>
/// <param name="Number">Its number, 0 for the main one.</param>
/// <param name="Block">The block, where it is one of the program; null where a tcache holds it or it is malloc's own.</param>
/// <param name="Address">The chunk's address.</param>
/// <param name="FreeBytesBelow">Free bytes of the arena below it.</param>
/// <param name="FreePagesBelow">Resident pages below it that are free altogether.</param>
public readonly record struct HeapCeiling(
    ulong Arena, int Number, HeapBlock? Block, ulong Address, ulong FreeBytesBelow, long FreePagesBelow);
