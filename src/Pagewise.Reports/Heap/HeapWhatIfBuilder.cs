using Pagewise.Kernel.Hardware;
using Pagewise.Replay.Heap;

namespace Pagewise.Reports.Heap;

/// <summary>Replays a heap script with other releases and tunables.</summary>
public static class HeapWhatIfBuilder
{
    /// <summary>Builds the report.</summary>
    /// <param name="script">What is replayed.</param>
    /// <param name="options">How.</param>
    /// <param name="releases">The releases to compare; empty for the options' or the recording's own.</param>
    /// <param name="axes">Tunables, without <c>glibc.malloc.</c>, each with the values to try.</param>
    /// <param name="costs">What things cost.</param>
    public static HeapWhatIfReport Build(
        HeapScript script, HeapReplayOptions options, IReadOnlyList<string> releases,
        IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> axes, CostTable costs)
    {
        ArgumentNullException.ThrowIfNull(script);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(releases);
        ArgumentNullException.ThrowIfNull(axes);
        IReadOnlyList<string> own = releases.Count == 0 && options.Release is { } release ? [release] : releases;
        IReadOnlyList<HeapTrial> trials = HeapWhatIf.Run(script, options, HeapWhatIf.Grid(script, own, axes), script.Count, costs);
        HeapTrial[] asRecorded = [.. trials.Where(trial => trial.Tunables == script.Prologue.Tunables)];
        IReadOnlyList<HeapStep> steps = releases.Count > 1 ? HeapCompare.Explain(script, options, asRecorded, costs) : [];
        return new HeapWhatIfReport(HeapReportBuilder.Facts(script, options), releases, [.. axes.Select(axis => axis.Key)], trials, steps)
        {
            IdleAxes = [.. axes.Select(axis => axis.Key).Where(axis => IsIdle(trials, axis))],
        };
    }

    // Whether trials that differ in one tunable only come to the same.
    private static bool IsIdle(IReadOnlyList<HeapTrial> trials, string axis)
    {
        var groups = trials.Select((trial, i) => (Key: (trial.Release, HeapTunablesText.With(trial.Tunables, axis, null)), trial.SameAs)).GroupBy(item => item.Key);
        return groups.All(group => group.Select(item => item.SameAs).Distinct().Count() == 1);
    }
}
