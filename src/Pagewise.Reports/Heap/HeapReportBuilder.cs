using Pagewise.Replay;
using Pagewise.Replay.Heap;

namespace Pagewise.Reports.Heap;

/// <summary>Replays a heap script for its report: once to the end, and once to where the most was resident.</summary>
public static class HeapReportBuilder
{
    private const int TimelinePoints = 240;
    private const int PinLimit = 10;

    /// <summary>The upper ends of the size classes: malloc's own borders among them (tcache 1032, mmap threshold 128 KiB).</summary>
    private static readonly ulong[] Borders = [24, 40, 56, 88, 120, 248, 504, 1032, 4096, 32768, 131072, 1048576, 33554432, 0];

    /// <summary>Builds the report of a whole recording.</summary>
    public static HeapReport Build(HeapScript script, HeapReplayOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var replayer = HeapReplayer.Create(script, options with { Samples = TimelinePoints });
        replayer.Run();
        HeapTotals totals = replayer.Totals;
        Task<HeapAnatomy>? atPeak = totals.PeakResidentStep == replayer.Position ? null : Task.Run(() => AtStep(script, options, totals.PeakResidentStep));
        HeapSnapshot end = replayer.TakeSnapshot();
        HeapAnatomy final = HeapAnatomy.Of(end);
        IReadOnlyList<HeapSizeClass> sizes = SizeClasses(script, end);
        HeapAnatomy peak = atPeak?.GetAwaiter().GetResult() ?? final;
        return new HeapReport(
            Facts(replayer),
            [
                new("live", totals.PeakLiveBytes, script.CallOfStep(totals.PeakLiveStep - 1), totals.LiveBytes),
                new("arenas", totals.PeakArenaBytes, 0, totals.ArenaBytes),
                new("mapped", totals.PeakMmappedBytes, 0, totals.MmappedBytes),
                new("arenas and mapped", totals.PeakSystemBytes, 0, totals.ArenaBytes + totals.MmappedBytes),
                new("resident", totals.PeakResidentBytes, script.CallOfStep(totals.PeakResidentStep - 1), totals.ResidentBytes),
            ],
            totals.Faults, totals.PagesReturned, totals.Arenas, totals.SystemCalls,
            Causes(peak.Space, final.Space), peak.Residence, final.Residence,
            [.. replayer.Samples.Select(sample => new HeapMoment(script.CallOfStep(sample.Step - 1), sample.LiveBytes, sample.SystemBytes, sample.ResidentBytes))],
            sizes, Pins(script, final, totals.Calls));
    }

    /// <summary>The facts of a recording, after a replay to its end.</summary>
    public static HeapRecordingFacts Facts(HeapScript script, HeapReplayOptions options)
    {
        using var replayer = HeapReplayer.Create(script, options with { Samples = 0 });
        replayer.Run();
        return Facts(replayer);
    }

    /// <summary>The facts of a replay's recording as far as it has got.</summary>
    public static HeapRecordingFacts Facts(HeapReplayer replayer)
    {
        ArgumentNullException.ThrowIfNull(replayer);
        HeapScript script = replayer.Script;
        HeapTotals totals = replayer.Totals;
        string release = replayer.Options.Release ?? script.Release;
        HeapAbort? abort = totals.Abort is null ? null : new HeapAbort(
            totals.Abort, script.CallOfStep(totals.AbortStep - 1), script[totals.AbortStep - 1].Line, script.Describe(totals.AbortStep - 1));
        return new HeapRecordingFacts(
            script.File, script.Format.ToString().ToLowerInvariant(), script.Prologue.Program, script.Prologue.Release,
            release, release != script.Release, script.Prologue.Platform, script.Prologue.Tunables, script.Calls, script.Threads,
            replayer.Options.Touch == TouchAssumption.None ? "none" : "write", script.Lacks, script.HasSystemCalls,
            totals.Results, totals.Different, totals.FirstDifferentStep == 0 ? 0 : script.CallOfStep(totals.FirstDifferentStep - 1),
            [.. script.Warnings.Select(warning => new CountedWarning(warning.Key, warning.Value))], abort);
    }

    /// <summary>A pin as reports show it.</summary>
    /// <param name="script">The recording.</param>
    /// <param name="pin">The pin.</param>
    /// <param name="calls">Calls made so far.</param>
    public static HeapPinFacts Describe(HeapScript script, HeapPin pin, long calls)
    {
        ArgumentNullException.ThrowIfNull(script);
        long call = script.CallOfStep(pin.Block.Step);
        return new HeapPinFacts(
            pin.Block.Address, pin.Block.SizeBytes, call, script[pin.Block.Step].Line, script.Describe(pin.Block.Step), calls - call, pin.Pages, pin.FreeBytes);
    }

    private static HeapAnatomy AtStep(HeapScript script, HeapReplayOptions options, long step)
    {
        using var replayer = HeapReplayer.Create(script, options with { Samples = 0 });
        replayer.AdvanceTo(step);
        return HeapAnatomy.Of(replayer.TakeSnapshot());
    }

    private static HeapCause[] Causes(HeapSpace peak, HeapSpace final) =>
    [
        new("asked for", peak.Requested, final.Requested),
        new("headers", peak.Headers, final.Headers),
        new("rounding", peak.Rounding, final.Rounding),
        new("page ends", peak.PageEnds, final.PageEnds),
        new("free in tcaches", peak.Tcache, final.Tcache),
        new("free in fast bins", peak.FastBins, final.FastBins),
        new("free in the unsorted bin", peak.UnsortedBin, final.UnsortedBin),
        new("free in small bins", peak.SmallBins, final.SmallBins),
        new("free in large bins", peak.LargeBins, final.LargeBins),
        new("top", peak.Top, final.Top),
        new("malloc's own", peak.Own, final.Own),
    ];

    private static List<HeapSizeClass> SizeClasses(HeapScript script, HeapSnapshot end)
    {
        var allocations = new long[Borders.Length];
        var live = new long[Borders.Length];
        var bytes = new ulong[Borders.Length];
        var chunks = new ulong[Borders.Length];
        for (long step = 0; step < script.Count; step++)
        {
            ref readonly HeapOp op = ref script[step];
            if (op.Allocates && op.Slot != 0)
                allocations[ClassOf(op.Arg)]++;
        }

        foreach (HeapBlock block in end.Blocks)
        {
            int index = ClassOf(block.SizeBytes);
            live[index]++;
            bytes[index] += block.SizeBytes;
            chunks[index] += block.Chunk.SizeBytes;
        }

        var classes = new List<HeapSizeClass>();
        for (int i = 0; i < Borders.Length; i++)
        {
            if (allocations[i] > 0)
                classes.Add(new HeapSizeClass(Borders[i], allocations[i], live[i], bytes[i], chunks[i]));
        }

        return classes;
    }

    private static int ClassOf(ulong bytes)
    {
        int index = 0;
        while (index < Borders.Length - 1 && bytes > Borders[index])
            index++;
        return index;
    }

    private static List<HeapPinFacts> Pins(HeapScript script, HeapAnatomy anatomy, long calls) =>
        [.. anatomy.Pins.OrderBy(pin => pin.Block.Step).Take(PinLimit).Select(pin => Describe(script, pin, calls))];
}
