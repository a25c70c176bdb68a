using Pagewise.Abi;

namespace Pagewise.Replay.Heap;

/// <summary>A memory system call that the program made itself, beside malloc's, and that took or gave up addresses.</summary>
/// <param name="Call">mmap, munmap or mremap.</param>
/// <param name="Address">The range unmapped or moved.</param>
/// <param name="LengthBytes">Its length, or the length mapped.</param>
/// <param name="Result">Where mmap or mremap put it.</param>
/// <param name="NewLengthBytes">mremap's new length.</param>
/// <param name="IsFixed">Whether the program chose the address (MAP_FIXED, MREMAP_FIXED).</param>
public readonly record struct ForeignCall(Sysno Call, ulong Address, ulong LengthBytes, ulong Result, ulong NewLengthBytes, bool IsFixed);
