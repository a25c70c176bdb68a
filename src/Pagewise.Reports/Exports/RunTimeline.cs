using Pagewise.Reports.RunFiles;

namespace Pagewise.Reports.Exports;

/// <summary>What traces show of a run: counters over time, stretches in which somebody reclaimed, and moments.</summary>
/// <param name="Counters">Counters, each with its points in order of time.</param>
/// <param name="Slices">Stretches, by track and in order of time; those of a track do not overlap.</param>
/// <param name="Instants">Moments, in order of time.</param>
internal sealed record RunTimeline(IReadOnlyList<TimelineCounter> Counters, IReadOnlyList<TimelineSlice> Slices, IReadOnlyList<TimelineInstant> Instants)
{
    private const long PageBytes = 4096;

    private static readonly (string Name, string Unit, Func<RunSample, long> Of)[] Amounts =
    [
        ("free", "bytes", sample => sample.Memory.Free * PageBytes),
        ("inactive anon", "bytes", sample => sample.Memory.InactiveAnon * PageBytes),
        ("active anon", "bytes", sample => sample.Memory.ActiveAnon * PageBytes),
        ("inactive file", "bytes", sample => sample.Memory.InactiveFile * PageBytes),
        ("active file", "bytes", sample => sample.Memory.ActiveFile * PageBytes),
        ("swap used", "bytes", sample => sample.Memory.SwapUsed * PageBytes),
        ("dirty", "bytes", sample => sample.Memory.Dirty * PageBytes),
        ("writeback", "bytes", sample => sample.Memory.Writeback * PageBytes),
        ("faults", "count", sample => sample.Memory.Faults),
        ("major faults", "count", sample => sample.Memory.MajorFaults),
        ("refaults", "count", sample => sample.Memory.Refaults),
        ("kswapd scans", "count", sample => sample.Memory.ScanKswapd),
        ("direct scans", "count", sample => sample.Memory.ScanDirect),
    ];

    /// <summary>Takes it from a run.</summary>
    public static RunTimeline Of(RunFile run)
    {
        var counters = new List<TimelineCounter>();
        foreach ((string name, string unit, Func<RunSample, long> of) in Amounts)
            counters.Add(new TimelineCounter(name, unit, [.. run.Samples.Select(sample => ((long)sample.Memory.TimeNs, of(sample)))]));
        foreach (int pid in run.Samples.SelectMany(sample => sample.Processes.Select(process => process.Pid)).Distinct().Order())
        {
            string comm = run.Processes.LastOrDefault(process => process.Pid == pid)?.Name ?? "";
            counters.Add(new TimelineCounter($"rss of {comm} [{pid}]", "bytes",
                [.. run.Samples.SelectMany(sample => sample.Processes.Where(process => process.Pid == pid).Select(process => ((long)sample.Memory.TimeNs, process.RssPages * PageBytes)))]));
        }

        return new RunTimeline(counters, SlicesOf(run), InstantsOf(run));
    }

    // kswapd works from a wake to its next sleep; where it is woken again before, that is one stretch.
    private static List<TimelineSlice> SlicesOf(RunFile run)
    {
        var slices = new List<TimelineSlice>();
        var begun = new Dictionary<(int Pid, string Track), RunTraceEvent>();
        foreach (RunTraceEvent fired in run.TraceEvents)
        {
            switch (fired.Name)
            {
                case "mm_vmscan_kswapd_wake":
                    begun.TryAdd((fired.Pid, "kswapd"), fired);
                    break;
                case "mm_vmscan_kswapd_sleep":
                    End(fired, "kswapd");
                    break;
                case "mm_vmscan_direct_reclaim_begin":
                    begun[(fired.Pid, "direct reclaim")] = fired;
                    break;
                case "mm_vmscan_direct_reclaim_end":
                    End(fired, "direct reclaim");
                    break;
                case "mm_vmscan_memcg_reclaim_begin":
                    begun[(fired.Pid, "memcg reclaim")] = fired;
                    break;
                case "mm_vmscan_memcg_reclaim_end":
                    End(fired, "memcg reclaim");
                    break;
            }
        }

        long end = run.Samples.Count == 0 ? 0 : (long)run.Samples[^1].Memory.TimeNs;
        foreach (((int pid, string track), RunTraceEvent open) in begun.OrderBy(one => one.Key))
            slices.Add(new TimelineSlice(track, pid, open.Comm, open.TimeNs, Math.Max(end, open.TimeNs), open.Fields));
        return [.. slices.OrderBy(slice => slice.Track, StringComparer.Ordinal).ThenBy(slice => slice.Pid).ThenBy(slice => slice.StartNs)];

        void End(RunTraceEvent fired, string track)
        {
            if (begun.Remove((fired.Pid, track), out RunTraceEvent? open))
                slices.Add(new TimelineSlice(track, fired.Pid, fired.Comm, open.TimeNs, fired.TimeNs, open.Fields + " " + fired.Fields));
        }
    }

    private static List<TimelineInstant> InstantsOf(RunFile run)
    {
        var instants = new List<TimelineInstant>();
        foreach (RunKill kill in run.Kills)
            instants.Add(new TimelineInstant("kills", kill.TimeNs, $"killed {kill.Name} [{kill.Pid}]", kill.Reason));
        foreach (RunProcess process in run.Processes)
        {
            instants.Add(new TimelineInstant("processes", process.StartNs, $"start of {process.Name} [{process.Pid}]", ""));
            if (process.EndNs is { } end)
                instants.Add(new TimelineInstant("processes", end, $"end of {process.Name} [{process.Pid}]", process.EndReason ?? ""));
        }

        return [.. instants.OrderBy(instant => instant.TimeNs)];
    }
}
