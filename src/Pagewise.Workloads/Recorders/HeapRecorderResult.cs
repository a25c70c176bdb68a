namespace Pagewise.Workloads;

/// <summary>What the heap recorder did.</summary>
/// <param name="ExitStatus">The program's exit status; 128 + the signal where a signal ended it.</param>
/// <param name="Recordings">The recordings written, a process image each; the first is the program's own, under the name asked for.</param>
/// <param name="Warnings">What is not in the recordings, a line each.</param>
public sealed record HeapRecorderResult(int ExitStatus, IReadOnlyList<HeapRecording> Recordings, IReadOnlyList<string> Warnings);
