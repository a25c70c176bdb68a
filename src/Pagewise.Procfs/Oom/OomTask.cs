namespace Pagewise.Procfs.Oom;

/// <summary>A row of a report's task table (dump_task, mm/oom_kill.c): a process as the OOM killer saw it.</summary>
/// <param name="Pid">Its thread-group leader, or the thread that still has memory.</param>
/// <param name="Uid">The user, as the initial user namespace numbers it.</param>
/// <param name="Tgid">The process.</param>
/// <param name="TotalVm">Virtual size in pages.</param>
/// <param name="Rss">Resident pages.</param>
/// <param name="RssAnon">Anonymous ones of them; null before Linux 6.8.</param>
/// <param name="RssFile">File pages of them; null before Linux 6.8.</param>
/// <param name="RssShmem">Shared-memory pages of them; null before Linux 6.8.</param>
/// <param name="PageTables">Page tables: bytes (pgtables_bytes), before Linux 4.15 tables by level (nr_ptes, nr_pmds).</param>
/// <param name="Swapents">Pages in swap.</param>
/// <param name="OomScoreAdj">oom_score_adj, −1000 to 1000.</param>
/// <param name="Comm">The name.</param>
public sealed record OomTask(
    int Pid, long Uid, int Tgid, long TotalVm, long Rss, long? RssAnon, long? RssFile, long? RssShmem, IReadOnlyList<long> PageTables,
    long Swapents, int OomScoreAdj, string Comm);
