using Pagewise.Kernel.Hardware;
using Pagewise.Replay.Heap;

namespace Pagewise.Reports.Heap;

/// <summary>Finds out why a heap is resident: takes it apart, and tries remedies by replaying with them.</summary>
public static class HeapWhyRssBuilder
{
    private const int GroupLimit = 12;
    private const int PinLimit = 10;

    /// <summary>Builds the answer for the heap after a step.</summary>
    /// <param name="script">The recording.</param>
    /// <param name="options">How it is replayed.</param>
    /// <param name="position">How many steps to make.</param>
    /// <param name="costs">What things cost; only counts are used here.</param>
    public static HeapWhyRss Build(HeapScript script, HeapReplayOptions options, long position, CostTable costs)
    {
        ArgumentNullException.ThrowIfNull(script);
        ArgumentNullException.ThrowIfNull(options);
        using var replayer = HeapReplayer.Create(script, options with { Samples = 0 });
        replayer.AdvanceTo(position);
        HeapTotals totals = replayer.Totals;
        HeapAnatomy anatomy = HeapAnatomy.Of(replayer.TakeSnapshot());
        List<HeapPin> pins = [.. anatomy.Pins];
        HeapRecordingFacts facts = HeapReportBuilder.Facts(replayer);
        ulong trimThreshold = replayer.Parameters.TrimThreshold;
        _ = replayer.MallocTrim(0);
        List<HeapRemedy> remedies = [Remedy("malloc_trim(0) now", "", replayer.Totals, totals)];
        remedies.AddRange(Try(script, options, position, totals, trimThreshold, costs));
        return new HeapWhyRss(
            facts, totals.Calls, totals.LiveBytes, totals.ArenaBytes + totals.MmappedBytes, totals.ResidentBytes, anatomy.Residence,
            Groups(script, pins),
            [.. pins.OrderByDescending(pin => pin.FreeBytes).ThenBy(pin => pin.Block.Address).Take(PinLimit).Select(pin => HeapReportBuilder.Describe(script, pin, totals.Calls))],
            [.. anatomy.Ceilings.Select(ceiling => Describe(script, ceiling))],
            remedies);
    }

    private static IEnumerable<HeapRemedy> Try(
        HeapScript script, HeapReplayOptions options, long position, HeapTotals now, ulong trimThreshold, CostTable costs)
    {
        var tries = new List<(string Name, string Value)>();
        if (trimThreshold != 131072)
            tries.Add(("trim_threshold", "131072"));
        tries.Add(("trim_threshold", "4096"));
        tries.Add(("mmap_threshold", "131072"));
        tries.Add(("top_pad", "0"));
        tries.Add(("tcache_count", "0"));
        if (now.Arenas > 1)
            tries.Add(("arena_max", "1"));
        if (now.Arenas > 2)
            tries.Add(("arena_max", "2"));
        string release = options.Release ?? script.Release;
        List<HeapSetting> settings = [.. tries.Select(item => new HeapSetting(release, HeapTunablesText.With(script.Prologue.Tunables, item.Name, item.Value)))];
        IReadOnlyList<HeapTrial> trials = HeapWhatIf.Run(script, options, settings, position, costs);
        return tries.Zip(trials, (item, trial) => Remedy($"{item.Name}={item.Value} from the start", trial.Tunables, trial.Totals, now));
    }

    private static HeapRemedy Remedy(string what, string tunables, HeapTotals then, HeapTotals now) =>
        new(what, tunables, then.ResidentBytes, (long)now.ResidentBytes - (long)then.ResidentBytes);

    private static List<HeapPinGroup> Groups(HeapScript script, List<HeapPin> pins)
    {
        var groups = new Dictionary<(HeapOpKind Kind, ulong Bytes), (long Blocks, long Pages, ulong Free, long First, long Last)>();
        foreach (HeapPin pin in pins)
        {
            HeapOp op = script[pin.Block.Step];
            if (!groups.TryGetValue((op.Kind, op.Arg), out (long Blocks, long Pages, ulong Free, long First, long Last) group))
                group.First = long.MaxValue;
            groups[(op.Kind, op.Arg)] = (
                group.Blocks + 1, group.Pages + pin.Pages, group.Free + pin.FreeBytes, Math.Min(group.First, pin.Block.Step), Math.Max(group.Last, pin.Block.Step));
        }

        return
        [
            .. groups.Values.OrderByDescending(group => group.Free).ThenBy(group => group.First).Take(GroupLimit)
                .Select(group => new HeapPinGroup(
                    script.Describe(group.First), group.Blocks, group.Pages, group.Free, script.CallOfStep(group.First), script.CallOfStep(group.Last))),
        ];
    }

    private static HeapCeilingFacts Describe(HeapScript script, HeapCeiling ceiling) => new(
        ceiling.Number, ceiling.Address, ceiling.Block is { } block ? script.CallOfStep(block.Step) : 0,
        ceiling.Block is { } taken ? script.Describe(taken.Step) : "a chunk in a tcache or fast bin, or malloc's own",
        ceiling.FreeBytesBelow, ceiling.FreePagesBelow);
}
