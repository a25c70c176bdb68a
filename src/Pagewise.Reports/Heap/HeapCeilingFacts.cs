namespace Pagewise.Reports.Heap;

/// <summary>The highest chunk in use of an arena, and what free by itself cannot trim because of it.</summary>
/// <param name="Arena">The arena's number.</param>
/// <param name="Address">The chunk.</param>
/// <param name="Call">The call that took the block in it; 0 where it is none of the program's.</param>
/// <param name="Text">That call, or what else it is.</param>
/// <param name="FreeBytesBelow">Free bytes below it.</param>
/// <param name="FreePagesBelow">Resident pages below it that are free altogether.</param>
public sealed record HeapCeilingFacts(int Arena, ulong Address, long Call, string Text, ulong FreeBytesBelow, long FreePagesBelow);
