namespace Pagewise.Reports.RunFiles;

/// <summary>A process of a run (table process).</summary>
/// <param name="Pid">Its number.</param>
/// <param name="Parent">Its parent's; 0: it ran before the recording began.</param>
/// <param name="Name">Its name at the end (comm).</param>
/// <param name="StartNs">When it was made, virtual nanoseconds.</param>
/// <param name="EndNs">When it ended; null: it did not.</param>
/// <param name="EndReason"><c>exit</c>, <c>oom</c>, or null while it lives.</param>
public sealed record RunProcess(int Pid, int Parent, string Name, long StartNs, long? EndNs, string? EndReason);
