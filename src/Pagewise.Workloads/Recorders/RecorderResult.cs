namespace Pagewise.Workloads;

/// <summary>What a recorder did.</summary>
/// <param name="ExitStatus">The program's exit status; 128 + the signal where a signal ended it.</param>
/// <param name="Warnings">What is not in the recording, a line each.</param>
public sealed record RecorderResult(int ExitStatus, IReadOnlyList<string> Warnings);
