using Pagewise.Replay.Comparing;

namespace Pagewise.Replay.Heap;

/// <summary>What the check of one heap recording found.</summary>
/// <param name="File">The file as the user named it.</param>
/// <param name="Prologue">What the recording says of itself.</param>
/// <param name="Calls">Calls of the malloc family that were made.</param>
/// <param name="Results">Recorded results compared: returned values, system calls, breaks, mallinfo2.</param>
/// <param name="DifferenceCount">Results that differ.</param>
/// <param name="Differences">The first differences.</param>
/// <param name="Warnings">What could not be replayed as recorded, each kind with how often it happened, ordered.</param>
/// <param name="Release">The glibc release that it was held against.</param>
public sealed record HeapCheckResult(
    string File, HeapPrologue Prologue, long Calls, long Results, long DifferenceCount, IReadOnlyList<Difference> Differences,
    IReadOnlyDictionary<string, long> Warnings, string Release);
