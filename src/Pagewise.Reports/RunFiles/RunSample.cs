using Pagewise.Reports.Series;

namespace Pagewise.Reports.RunFiles;

/// <summary>A moment of a run (tables sample, process_sample and vmstat).</summary>
/// <param name="Id">Its number, from 1.</param>
/// <param name="Memory">Memory then.</param>
/// <param name="Reclaim">Reclaim and pressure so far.</param>
/// <param name="Processes">The processes that had most memory.</param>
/// <param name="Vmstat">The counters that changed during the run.</param>
public sealed record RunSample(long Id, MemorySample Memory, ReclaimSample Reclaim, IReadOnlyList<RunProcessSample> Processes, IReadOnlyList<RunVmstat> Vmstat);
