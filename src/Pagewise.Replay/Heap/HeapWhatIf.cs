using Pagewise.Kernel.Hardware;
using Pagewise.Malloc;
using Pagewise.Replay.Recorded;

namespace Pagewise.Replay.Heap;

/// <summary>Replays a script with many settings of the tunables, side by side on the host's CPUs.</summary>
public static class HeapWhatIf
{
    /// <summary>The most settings that one grid may have.</summary>
    public const int TrialLimit = 10_000;

    // A load or store that hits the first-level cache, overlapped with others: two cycles at 4 GHz.
    private const double AccessNs = 0.5;

    /// <summary>Tries every combination.</summary>
    /// <param name="script">What is replayed.</param>
    /// <param name="options">How; its tunables are not used.</param>
    /// <param name="axes">Tunables, without <c>glibc.malloc.</c>, each with the values to try; "default" leaves it unset.</param>
    /// <param name="costs">What things cost.</param>
    /// <returns>The recorded tunables, then every combination, the last axis varying fastest.</returns>
    public static IReadOnlyList<HeapTrial> Run(
        HeapScript script, HeapReplayOptions options, IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> axes, CostTable costs)
    {
        ArgumentNullException.ThrowIfNull(script);
        ArgumentNullException.ThrowIfNull(axes);
        string recorded = script.Prologue.Tunables;
        List<string> settings = [recorded];
        foreach ((string name, IReadOnlyList<string> values) in axes)
        {
            if (settings.Count * (long)values.Count > TrialLimit)
                throw new ReplayException($"the grid has more than {TrialLimit} combinations");
            settings = [.. settings.SelectMany(setting => values.Select(value => HeapTunablesText.With(setting, name, value == "default" ? null : value)))];
        }

        return Run(script, options, [recorded, .. settings.Where(setting => setting != recorded)], script.Count, costs);
    }

    /// <summary>Tries settings up to a step.</summary>
    /// <param name="script">What is replayed.</param>
    /// <param name="options">How; its tunables are not used.</param>
    /// <param name="settings">Values of <c>GLIBC_TUNABLES</c>.</param>
    /// <param name="position">How many steps to make.</param>
    /// <param name="costs">What things cost.</param>
    public static IReadOnlyList<HeapTrial> Run(
        HeapScript script, HeapReplayOptions options, IReadOnlyList<string> settings, long position, CostTable costs)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(costs);
        var totals = new HeapTotals[settings.Count];
        try
        {
            // One at a time from a shared queue: settings differ much in what they cost.
            var queue = new ConcurrentIndex(settings.Count);
            Parallel.For(0, Math.Min(settings.Count, Environment.ProcessorCount), _ =>
            {
                while (queue.TryTake(out int index))
                    totals[index] = Try(script, options, settings[index], position);
            });
        }
        catch (AggregateException faults)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(faults.InnerExceptions[0]);
        }

        var trials = new List<HeapTrial>();
        for (int i = 0; i < totals.Length; i++)
            trials.Add(new HeapTrial(settings[i], totals[i], Estimate(totals[i], costs), false));
        return [.. trials.Select(trial => trial with { IsPareto = !trials.Exists(other => Dominates(other, trial)) })];
    }

    /// <summary>
    /// The time that malloc's own accesses, what it clears and copies, its system calls and the faults take by a table of
    /// costs, in nanoseconds. Cache misses and waiting for arenas are not in it.
    /// </summary>
    public static double Estimate(HeapTotals totals, CostTable costs)
    {
        ArgumentNullException.ThrowIfNull(totals);
        ArgumentNullException.ThrowIfNull(costs);
        return (totals.Accesses * AccessNs)
            + (totals.BulkBytes / 4096.0 * costs.CopyPage)
            + (totals.SystemCalls.Total * costs.Syscall)
            + (totals.PagesReturned * costs.PerPageSyscall)
            + (totals.Faults * (costs.MinorFault + costs.ZeroPage));
    }

    private static HeapTotals Try(HeapScript script, HeapReplayOptions options, string setting, long position)
    {
        using var replayer = HeapReplayer.Create(script, options with { Tunables = MallocTunables.Parse(setting), Samples = 0 });
        replayer.AdvanceTo(position);
        return replayer.Totals;
    }

    private static bool Dominates(HeapTrial one, HeapTrial other)
    {
        (ulong Peak, ulong Final, double Time) a = (one.Totals.PeakResidentBytes, one.Totals.ResidentBytes, one.EstimateNs);
        (ulong Peak, ulong Final, double Time) b = (other.Totals.PeakResidentBytes, other.Totals.ResidentBytes, other.EstimateNs);
        return a.Peak <= b.Peak && a.Final <= b.Final && a.Time <= b.Time && a != b;
    }

    /// <summary>Numbers from 0 up, each given once.</summary>
    private sealed class ConcurrentIndex(int count)
    {
        private int _next = -1;

        public bool TryTake(out int index) => (index = Interlocked.Increment(ref _next)) < count;
    }
}
