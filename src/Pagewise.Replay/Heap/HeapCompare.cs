using Pagewise.Kernel.Hardware;
using Pagewise.Malloc;
using Pagewise.Malloc.Releases;

namespace Pagewise.Replay.Heap;

/// <summary>
/// Explains what two releases do differently with a heap: the later one is replayed with one of the changes between them
/// taken back at a time. What that changes is what the change accounts for.
/// </summary>
public static class HeapCompare
{
    /// <summary>Explains the differences from each trial to the next.</summary>
    /// <param name="script">What was replayed.</param>
    /// <param name="options">How.</param>
    /// <param name="trials">Trials of the releases, all with the same tunables.</param>
    /// <param name="costs">What things cost.</param>
    public static IReadOnlyList<HeapStep> Explain(
        HeapScript script, HeapReplayOptions options, IReadOnlyList<HeapTrial> trials, CostTable costs)
    {
        ArgumentNullException.ThrowIfNull(script);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(trials);
        var kinds = Kinds(script);
        var swaps = new List<(int Step, ReleaseChange Change)>();
        for (int i = 1; i < trials.Count; i++)
        {
            if (Delta(trials[i].Totals, trials[i - 1].Totals, costs).IsNothing)
                continue;
            foreach (ReleaseChange change in ReleaseChanges.Between(trials[i].Release, trials[i - 1].Release))
            {
                if (CanMatter(change, script, kinds, options, trials[i]))
                    swaps.Add((i, change));
            }
        }

        HeapTotals[] totals = HeapWhatIf.Replay(script, [.. swaps.Select(swap => options with
        {
            Release = trials[swap.Step].Release,
            Tunables = trials[swap.Step].Tunables,
            Swap = new ReleaseSwap(swap.Change, trials[swap.Step - 1].Release),
            Samples = 0,
        })], script.Count);
        return [.. Enumerable.Range(1, Math.Max(0, trials.Count - 1)).Select(i => Step(i))];

        HeapStep Step(int i)
        {
            HeapTotals to = trials[i].Totals;
            List<HeapChangeEffect> effects = [.. swaps.Select((swap, n) => (swap, n)).Where(item => item.swap.Step == i)
                .Select(item => new HeapChangeEffect(item.swap.Change, Delta(to, totals[item.n], costs)))];
            return new HeapStep(
                trials[i - 1].Release, trials[i].Release, Delta(to, trials[i - 1].Totals, costs),
                [.. effects.Where(effect => !effect.Delta.IsNothing).OrderByDescending(effect => Weight(effect.Delta))], effects.Count);
        }
    }

    private static HeapDelta Delta(HeapTotals to, HeapTotals from, CostTable costs) => new(
        (long)to.PeakResidentBytes - (long)from.PeakResidentBytes, (long)to.ResidentBytes - (long)from.ResidentBytes, to.Faults - from.Faults,
        to.SystemCalls.Total - from.SystemCalls.Total, HeapWhatIf.Estimate(to, costs) - HeapWhatIf.Estimate(from, costs));

    private static (long Resident, double Time) Weight(HeapDelta delta) =>
        (Math.Max(Math.Abs(delta.PeakResidentBytes), Math.Abs(delta.ResidentBytes)), Math.Abs(delta.EstimateNs));

    private static HashSet<HeapOpKind> Kinds(HeapScript script)
    {
        var seen = new bool[256];
        for (long step = 0; step < script.Count; step++)
            seen[(int)script[step].Kind] = true;
        return [.. Enum.GetValues<HeapOpKind>().Where(kind => seen[(int)kind])];
    }

    // Changes whose code a recording never reaches are not worth a replay.
    private static bool CanMatter(ReleaseChange change, HeapScript script, HashSet<HeapOpKind> kinds, HeapReplayOptions options, HeapTrial trial)
    {
        bool hasMemalign = kinds.Contains(HeapOpKind.Memalign) || kinds.Contains(HeapOpKind.PosixMemalign) || kinds.Contains(HeapOpKind.AlignedAlloc)
            || kinds.Contains(HeapOpKind.Valloc) || kinds.Contains(HeapOpKind.Pvalloc);
        bool hasMallopt = kinds.Contains(HeapOpKind.Mallopt);
        bool Sets(string tunable) => trial.Tunables.Contains(tunable, StringComparison.Ordinal);
        return change switch
        {
            ReleaseChange.HeapInfoPageSize => trial.Totals.Arenas > 1,
            ReleaseChange.ArenaLimitCounts => trial.Totals.Arenas > 1 && options.AffinityCpus is not null,
            ReleaseChange.MmapThresholdUnlimited => hasMallopt || Sets("mmap_threshold"),
            ReleaseChange.Hugetlb => Sets("hugetlb"),
            ReleaseChange.TunablesChecked => trial.Tunables.Length > 0,
            ReleaseChange.MmapFallbackArguments or ReleaseChange.MmapFallbackIsExact =>
                script.Prologue.Is32Bit || kinds.Contains(HeapOpKind.ForeignCall) || kinds.Contains(HeapOpKind.ForeignBreak),
            ReleaseChange.ReallocInPlace => kinds.Contains(HeapOpKind.Realloc),
            ReleaseChange.MemalignTcache or ReleaseChange.MemalignBinSearch or ReleaseChange.MemalignRests => hasMemalign,
            ReleaseChange.AlignedAllocChecks => kinds.Contains(HeapOpKind.AlignedAlloc),
            ReleaseChange.CallocTcache => kinds.Contains(HeapOpKind.Calloc),
            ReleaseChange.MmappedInTcache => hasMallopt || Sets("tcache_max") || Sets("mmap_threshold"),
            _ => true,
        };
    }
}
