namespace Pagewise.Kernel.Oom;

/// <summary>A process as the OOM killer sees it.</summary>
/// <param name="Pid">The process.</param>
/// <param name="Comm">Its name.</param>
/// <param name="RssPages">Resident pages.</param>
/// <param name="SwapPages">Pages in swap.</param>
/// <param name="PageTablePages">Its page tables.</param>
/// <param name="OomScoreAdj">−1000 to 1000.</param>
public sealed record OomCandidate(int Pid, string Comm, long RssPages, long SwapPages, long PageTablePages, int OomScoreAdj)
{
    /// <summary>Why it is never killed, whatever its points, such as "init"; null when it may be.</summary>
    public string? Exempt { get; init; }

    /// <summary>Whether it has CAP_SYS_ADMIN; matters before Linux 4.17.</summary>
    public bool IsRoot { get; init; }

    /// <summary>Resident, swapped and page tables, in pages: its points but for oom_score_adj.</summary>
    public long Pages => RssPages + SwapPages + PageTablePages;
}
