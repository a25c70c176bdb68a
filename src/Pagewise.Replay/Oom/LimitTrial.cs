namespace Pagewise.Replay.Oom;

/// <summary>What a recorded program came to in a cgroup with a limit.</summary>
/// <param name="LimitBytes">memory.max; <see cref="Kernel.Cgroups.CgroupSpec.Max"/>: none.</param>
/// <param name="PeakBytes">memory.peak.</param>
/// <param name="Refused">Charges that the limit refused (memory.events: max).</param>
/// <param name="Scanned">Pages that reclaim looked at (memory.stat: pgscan).</param>
/// <param name="Reclaimed">Pages that it took (pgsteal).</param>
/// <param name="Refaults">Pages that came back after they were taken (workingset_refault_anon + workingset_refault_file).</param>
/// <param name="SwapPeakBytes">The most swap in use at once.</param>
/// <param name="Ooms">Times that reclaim found nothing more (memory.events: oom); 1 too when the program did not even start.</param>
/// <param name="MajorFaults">Faults that waited for a device.</param>
/// <param name="TimeNs">Virtual time, nanoseconds.</param>
/// <param name="IsCut">Whether the run was ended before the program did, for it took too many times as long as without a limit.</param>
public sealed record LimitTrial(
    ulong LimitBytes, long PeakBytes, long Refused, long Scanned, long Reclaimed, long Refaults, long SwapPeakBytes, long Ooms, long MajorFaults, double TimeNs, bool IsCut);
