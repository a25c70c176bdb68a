using Pagewise.Kernel.Hardware;
using Pagewise.Replay.Recorded;

namespace Pagewise.Replay.Heap;

/// <summary>Replays a script with many settings of tunables and releases, side by side on the host's CPUs.</summary>
public static class HeapWhatIf
{
    /// <summary>The most settings that one grid may have.</summary>
    public const int TrialLimit = 10_000;

    // A load or store that hits the first-level cache, overlapped with others: two cycles at 4 GHz.
    private const double AccessNs = 0.5;

    /// <summary>Every combination of releases and tunables, the last axis varying fastest; the tunables as recorded come first.</summary>
    /// <param name="script">What is replayed.</param>
    /// <param name="releases">The releases; empty for the recording's own.</param>
    /// <param name="axes">Tunables, without <c>glibc.malloc.</c>, each with the values to try; "default" leaves it unset.</param>
    /// <exception cref="ReplayException">There are more than <see cref="TrialLimit"/>.</exception>
    public static IReadOnlyList<HeapSetting> Grid(
        HeapScript script, IReadOnlyList<string> releases, IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> axes)
    {
        ArgumentNullException.ThrowIfNull(script);
        ArgumentNullException.ThrowIfNull(releases);
        ArgumentNullException.ThrowIfNull(axes);
        string recorded = script.Prologue.Tunables;
        List<string> tunables = [recorded];
        foreach ((string name, IReadOnlyList<string> values) in axes)
        {
            if (tunables.Count * (long)values.Count * Math.Max(1, releases.Count) > TrialLimit)
                throw new ReplayException($"the grid has more than {TrialLimit} combinations");
            tunables = [.. tunables.SelectMany(setting => values.Select(value => HeapTunablesText.With(setting, name, value == "default" ? null : value)))];
        }

        tunables = [recorded, .. tunables.Where(setting => setting != recorded)];
        return [.. (releases.Count > 0 ? releases : [script.Release]).SelectMany(release => tunables.Select(setting => new HeapSetting(release, setting)))];
    }

    /// <summary>Tries settings up to a step.</summary>
    /// <param name="script">What is replayed.</param>
    /// <param name="options">How; its tunables and its release are not used.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="position">How many steps to make.</param>
    /// <param name="costs">What things cost.</param>
    public static IReadOnlyList<HeapTrial> Run(
        HeapScript script, HeapReplayOptions options, IReadOnlyList<HeapSetting> settings, long position, CostTable costs)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(options);
        HeapTotals[] totals = Replay(
            script, [.. settings.Select(setting => options with { Release = setting.Release, Tunables = setting.Tunables, Samples = 0 })], position);
        double[] times = [.. totals.Select(total => Estimate(total, costs))];
        int[] same = Simplest(settings, totals);
        return
        [
            .. settings.Select((setting, i) => new HeapTrial(
                setting.Release, setting.Tunables, totals[i], times[i], same[i],
                same[i] == i && !Enumerable.Range(0, totals.Length).Any(other => Dominates(totals[other], times[other], totals[i], times[i])))),
        ];
    }

    /// <summary>Replays with each of some options up to a step, as many side by side as the host has CPUs.</summary>
    internal static HeapTotals[] Replay(HeapScript script, IReadOnlyList<HeapReplayOptions> options, long position)
    {
        var totals = new HeapTotals[options.Count];
        try
        {
            // One at a time from a shared queue: settings differ much in what they cost.
            var queue = new ConcurrentIndex(options.Count);
            Parallel.For(0, Math.Min(options.Count, Environment.ProcessorCount), _ =>
            {
                while (queue.TryTake(out int index))
                {
                    using var replayer = HeapReplayer.Create(script, options[index]);
                    replayer.AdvanceTo(position);
                    totals[index] = replayer.Totals;
                }
            });
        }
        catch (AggregateException faults)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(faults.InnerExceptions[0]);
        }

        return totals;
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

    // For each setting that with the same outcome which has the fewest tunables, the first of equals.
    private static int[] Simplest(IReadOnlyList<HeapSetting> settings, HeapTotals[] totals)
    {
        var best = new Dictionary<(string, (ulong, ulong, long, HeapSystemCalls, long)), int>();
        for (int i = 0; i < settings.Count; i++)
        {
            if (!best.TryGetValue((settings[i].Release, Outcome(totals[i])), out int first) || Pairs(settings[i]) < Pairs(settings[first]))
                best[(settings[i].Release, Outcome(totals[i]))] = i;
        }

        return [.. settings.Select((setting, i) => best[(setting.Release, Outcome(totals[i]))])];

        static int Pairs(HeapSetting setting) => setting.Tunables.Length == 0 ? 0 : setting.Tunables.Count(c => c == ':') + 1;
    }

    private static (ulong Peak, ulong Final, long Faults, HeapSystemCalls Calls, long Accesses) Outcome(HeapTotals totals) =>
        (totals.PeakResidentBytes, totals.ResidentBytes, totals.Faults, totals.SystemCalls, totals.Accesses);

    private static bool Dominates(HeapTotals one, double oneNs, HeapTotals other, double otherNs)
    {
        (ulong Peak, ulong Final, double Time) a = (one.PeakResidentBytes, one.ResidentBytes, oneNs);
        (ulong Peak, ulong Final, double Time) b = (other.PeakResidentBytes, other.ResidentBytes, otherNs);
        return a.Peak <= b.Peak && a.Final <= b.Final && a.Time <= b.Time && a != b;
    }

    /// <summary>Numbers from 0 up, each given once.</summary>
    private sealed class ConcurrentIndex(int count)
    {
        private int _next = -1;

        public bool TryTake(out int index) => (index = Interlocked.Increment(ref _next)) < count;
    }
}
