namespace Pagewise.Reports.RunFiles;

/// <summary>A process as the OOM killer saw it (table score), in pages of 4 KiB.</summary>
/// <param name="KillTimeNs">When it looked, virtual nanoseconds.</param>
/// <param name="Pid">The process.</param>
/// <param name="Name">Its name.</param>
/// <param name="RssPages">Resident pages.</param>
/// <param name="SwapPages">Pages in swap.</param>
/// <param name="PageTablePages">Page tables.</param>
/// <param name="OomScoreAdj">oom_score_adj.</param>
/// <param name="Points">The sum; null: it may not be killed.</param>
public sealed record RunScore(long KillTimeNs, int Pid, string Name, long RssPages, long SwapPages, long PageTablePages, int OomScoreAdj, long? Points);
