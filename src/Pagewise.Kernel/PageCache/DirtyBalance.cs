namespace Pagewise.Kernel.PageCache;

/// <summary>What <c>balance_dirty_pages</c> decided for a task that dirties pages (the tracepoint's fields).</summary>
/// <param name="Limits">The limits.</param>
/// <param name="Dirty">Pages that are dirty or being written.</param>
/// <param name="DirtyRatelimit">Pages a second that a task may dirty at the middle between the free run and the limit.</param>
/// <param name="TaskRatelimit">Pages a second that this task may dirty now.</param>
/// <param name="Dirtied">Pages that it dirtied since the last look.</param>
/// <param name="DirtiedPause">How many it was to dirty before that look (nr_dirtied_pause).</param>
/// <param name="PausedNs">How long it has waited in this look already.</param>
/// <param name="PauseNs">How long it is to wait; less than 0: it was slow enough.</param>
/// <param name="PeriodNs">How long dirtying so many pages takes at its rate.</param>
/// <param name="ThinkNs">How long it took since it last waited.</param>
public readonly record struct DirtyBalance(
    DirtyLimits Limits,
    ulong Dirty,
    double DirtyRatelimit,
    double TaskRatelimit,
    long Dirtied,
    long DirtiedPause,
    double PausedNs,
    double PauseNs,
    double PeriodNs,
    double ThinkNs);
