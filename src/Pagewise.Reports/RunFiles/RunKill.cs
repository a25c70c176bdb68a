namespace Pagewise.Reports.RunFiles;

/// <summary>A process that the OOM killer killed (table kill).</summary>
/// <param name="TimeNs">When, virtual nanoseconds.</param>
/// <param name="Pid">The process.</param>
/// <param name="Name">Its name.</param>
/// <param name="Points">Its points, pages; null where it was killed with another, not chosen.</param>
/// <param name="OomScoreAdj">Its oom_score_adj.</param>
/// <param name="Reason">What the kernel prints before "Killed process".</param>
public sealed record RunKill(long TimeNs, int Pid, string Name, long? Points, int OomScoreAdj, string Reason);
