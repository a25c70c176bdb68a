namespace Pagewise.Reports.Oom;

/// <summary>A process as the OOM killer counts it, in pages of 4 KiB.</summary>
/// <param name="Order">Its place among the kills to come, from 1; 0 when it is never killed.</param>
/// <param name="Pid">The process.</param>
/// <param name="Name">Its name.</param>
/// <param name="RssPages">Resident pages.</param>
/// <param name="SwapPages">Pages in swap.</param>
/// <param name="PageTablePages">Page tables.</param>
/// <param name="OomScoreAdj">oom_score_adj.</param>
/// <param name="AdjustmentPages">What oom_score_adj adds.</param>
/// <param name="Points">The sum; null when it may not be killed.</param>
/// <param name="OomScore">/proc/PID/oom_score from it.</param>
/// <param name="Exempt">Why it may not be killed; null otherwise.</param>
public sealed record OomAnswerRow(
    int Order, int Pid, string Name, long RssPages, long SwapPages, long PageTablePages, int OomScoreAdj, long AdjustmentPages, long? Points, int OomScore, string? Exempt);
