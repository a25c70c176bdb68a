using Pagewise.Replay.Heap;
using Spectre.Console;

namespace Pagewise.Reports.Heap;

/// <summary>A heap report for people.</summary>
public static class HeapReportText
{
    private const int SparklineWidth = 60;

    /// <summary>Writes a report.</summary>
    public static void Write(HeapReport report, IAnsiConsole console)
    {
        ArgumentNullException.ThrowIfNull(report);
        WriteHeading(report.Recording, console);
        WriteFigures(report, console);
        WriteTimeline(report, console);
        WriteSpace(report.Space, console);
        WritePages(report.PeakPages, report.FinalPages, console);
        WriteCalls(report, console);
        WriteSizes(report.SizeClasses, console);
        WritePins(report.LongestPins, console);
    }

    /// <summary>Writes what was replayed and how far the model followed.</summary>
    public static void WriteHeading(HeapRecordingFacts facts, IAnsiConsole console)
    {
        ArgumentNullException.ThrowIfNull(facts);
        string threads = facts.Threads > 1 ? $", {facts.Threads} threads" : "";
        console.MarkupLine($"[bold]{Markup.Escape(facts.File)}[/] [grey]{facts.Format}[/]  {Text.Count(facts.Calls)} calls{threads}");
        if (facts.Program.Length > 0)
            console.MarkupLine($"[grey]{Markup.Escape(Shorten(facts.Program))}[/]");
        string glibc = facts.Glibc.Length == 0 ? $"not recorded; {facts.ReplayedGlibc}"
            : facts.Glibc != facts.ReplayedGlibc && !facts.IsOtherGlibc ? $"{facts.Glibc} (as {facts.ReplayedGlibc})" : facts.Glibc;
        string tunables = facts.Tunables.Length > 0 ? facts.Tunables : "no tunables";
        console.MarkupLine($"glibc {Markup.Escape(glibc)}, {facts.Platform}, {Markup.Escape(tunables)}");
        if (facts.IsOtherGlibc)
            console.MarkupLine($"[yellow]replayed on glibc {facts.ReplayedGlibc}[/]: addresses are that release's");
        else if (facts.Lacks.Length > 0)
            console.MarkupLine($"[yellow]The {facts.Format} format has not:[/] {Markup.Escape(facts.Lacks)}. Addresses are the model's.");
        else if (facts.ResultsDifferent == 0)
            console.MarkupLine($"{Text.Count(facts.ResultsCompared)} recorded results, 0 differ");
        else
            console.MarkupLine($"{Text.Count(facts.ResultsCompared)} recorded results, [yellow]{Text.Count(facts.ResultsDifferent)} differ[/], the first of call {Text.Count(facts.FirstDifferentCall)}");
        foreach (CountedWarning warning in facts.Warnings)
            console.MarkupLine($"[yellow]warning:[/] {Markup.Escape(warning.Warning)} ({Text.Count(warning.Count)}×)");
        if (facts.Abort is { } abort)
            console.MarkupLine($"[red]SIGABRT: {Markup.Escape(abort.Message)}[/] in call {Text.Count(abort.Call)}, line {abort.Line}: {Markup.Escape(abort.Text)}");
        console.MarkupLine(facts.Touch == "write"
            ? "[grey]Resident: assumes that every block is written in full when it is taken (--touch write); malloc's own writes are exact.[/]"
            : "[grey]Resident: counts only what malloc itself writes (--touch none).[/]");
    }

    /// <summary>Writes what resident pages hold, at one or two moments.</summary>
    internal static void WritePages(HeapResidence? peak, HeapResidence final, IAnsiConsole console)
    {
        Table table = peak is null ? HeapTables.New("Resident pages", ">Now") : HeapTables.New("Resident pages", ">At the peak", ">At the end");
        Add("in use altogether", pages => pages.LivePages);
        Add("pinned: free bytes beside live blocks", pages => pages.PinnedPages);
        Add("free, in a bin: malloc_trim returns them", pages => pages.FreePages);
        Add("free, held by tcaches and fast bins", pages => pages.CachedPages);
        Add("free, in a top", pages => pages.TopPages);
        Add("malloc's own headers", pages => pages.OwnPages);
        console.Write(table);

        void Add(string name, Func<HeapResidence, long> count)
        {
            if (peak is null)
                HeapTables.Row(table, name, Pages(count(final)));
            else
                HeapTables.Row(table, name, Pages(count(peak)), Pages(count(final)));
        }
    }

    /// <summary>"1.5 MiB".</summary>
    internal static string Pages(long pages) => pages == 0 ? "–" : Text.Size((ulong)pages * 4096);

    private static string Shorten(string text) => text.Length <= 200 ? text : text[..199] + "…";

    private static void WriteFigures(HeapReport report, IAnsiConsole console)
    {
        Table table = HeapTables.New("Bytes", ">Peak", ">After call", ">End");
        foreach (HeapFigure figure in report.Figures)
            HeapTables.Row(table, figure.Name, Text.Size(figure.PeakBytes), figure.PeakCall > 0 ? Text.Count(figure.PeakCall) : "", Text.Size(figure.FinalBytes));
        console.Write(table);
    }

    private static void WriteTimeline(HeapReport report, IAnsiConsole console)
    {
        IReadOnlyList<HeapMoment> timeline = report.Timeline;
        if (timeline.Count < 2)
            return;
        double most = report.Figures.Max(figure => (double)figure.PeakBytes);
        Line("live", [.. timeline.Select(moment => (double)moment.LiveBytes)], most, "");
        Line("resident", [.. timeline.Select(moment => (double)moment.ResidentBytes)], most, "");
        double[] shares = [.. timeline.Select(moment => moment.SystemBytes == 0 ? 0 : Math.Max(0, 1 - (moment.LiveBytes / (double)moment.SystemBytes)))];
        Line("not live", shares, 1, Text.Share(shares[^1], 1) + " of the heap at the end");

        void Line(string name, IReadOnlyList<double> values, double full, string label) =>
            console.MarkupLine($"{name,-9} {HeapTables.Sparkline(values, full, SparklineWidth)} {label}");
    }

    private static void WriteSpace(IReadOnlyList<HeapCause> causes, IAnsiConsole console)
    {
        Table table = HeapTables.New("Where the heap goes", ">At the peak", "", ">At the end", "");
        table.Columns[2].Alignment = Justify.Right;
        table.Columns[4].Alignment = Justify.Right;
        double peak = causes.Sum(cause => (double)cause.PeakBytes);
        double final = causes.Sum(cause => (double)cause.FinalBytes);
        foreach (HeapCause cause in causes)
            HeapTables.Row(table, cause.Cause, Text.Size(cause.PeakBytes), Text.Share(cause.PeakBytes, peak), Text.Size(cause.FinalBytes), Text.Share(cause.FinalBytes, final));
        HeapTables.Row(table, "together", Text.Size((ulong)peak), "", Text.Size((ulong)final), "");
        console.Write(table);
    }

    private static void WriteCalls(HeapReport report, IAnsiConsole console)
    {
        HeapSystemCalls calls = report.SystemCalls;
        console.MarkupLine($"system calls: brk {Text.Count(calls.Brk)}, mmap {Text.Count(calls.Mmap)}, munmap {Text.Count(calls.Munmap)}, mremap {Text.Count(calls.Mremap)}, mprotect {Text.Count(calls.Mprotect)}, madvise {Text.Count(calls.Madvise)}");
        string arenas = report.Arenas == 1 ? "1 arena" : $"{report.Arenas} arenas";
        console.MarkupLine($"{Text.Count(report.Faults)} pages faulted in, {Text.Count(report.PagesReturned)} given back; {arenas}");
    }

    private static void WriteSizes(IReadOnlyList<HeapSizeClass> classes, IAnsiConsole console)
    {
        Table table = HeapTables.New("Requests of", ">Calls", ">Live at the end", ">Bytes", ">In chunks of");
        foreach (HeapSizeClass size in classes)
        {
            string range = size.UpToBytes == 0 ? $"more than {Text.Size(33554432)}" : $"up to {(size.UpToBytes < 4096 ? $"{size.UpToBytes} B" : Text.Size(size.UpToBytes))}";
            HeapTables.Row(table, range, Text.Count(size.Allocations), Text.Count(size.LiveBlocks), Text.Size(size.LiveBytes), Text.Size(size.ChunkBytes));
        }

        console.Write(table);
    }

    private static void WritePins(IReadOnlyList<HeapPinFacts> pins, IAnsiConsole console)
    {
        if (pins.Count == 0)
            return;
        Table table = HeapTables.New("Longest-lived pins", ">Bytes", ">Call", "", ">Age in calls", ">Keeps free");
        foreach (HeapPinFacts pin in pins)
            HeapTables.Row(table, Text.Address(pin.Address), Text.Count((long)pin.SizeBytes), Text.Count(pin.Call), pin.Text, Text.Count(pin.AgeCalls), Text.Size(pin.FreeBytes));
        console.Write(table);
    }
}
