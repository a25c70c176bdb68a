using Pagewise.Reports.Oom;
using Pagewise.Reports.Series;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Pagewise.Reports.Run;

/// <summary>A report for people: tables on a terminal, the same tables as plain text where colours are off.</summary>
public static class RunReportText
{
    private const int AlwaysShownCauses = 4;

    /// <summary>Writes a report.</summary>
    public static void Write(RunReport report, IAnsiConsole console)
    {
        WriteHeading(report, console);
        WriteKills(report, console);
        foreach (ProcessFacts process in report.Processes)
            WriteProcess(process, console);
        WriteCgroups(report.Cgroups, console);
        WriteMachine(report.Machine, console);
        if (report.MemorySeries is null)
            return;
        console.WriteLine();
        console.Profile.Out.Writer.Write(MemorySeriesText.Write(report.MemorySeries));
    }

    private static void WriteHeading(RunReport report, IAnsiConsole console)
    {
        RecordingFacts recording = report.Recording;
        MachineFacts machine = report.Machine;
        console.MarkupLine($"[bold]{Markup.Escape(recording.File)}[/] [grey]{recording.Format}[/]  {Text.Count(recording.Events)} events, {Text.Count(recording.Accesses)} accesses");
        string aslr = machine.RandomizeVaSpace == 0 ? "ASLR off" : $"ASLR seed {machine.Seed}";
        console.MarkupLine($"Linux {machine.Kernel}, {machine.PageTables} page tables, {Text.Size(machine.MemoryBytes)} of memory, {machine.Cpus} × {Markup.Escape(machine.Cpu)}, THP {machine.Thp}, {aslr}");
        console.MarkupLine($"{Text.Count(recording.ResultsCompared)} recorded results, {(recording.ResultsDifferent == 0 ? "0 differ" : $"[yellow]{Text.Count(recording.ResultsDifferent)} differ[/]")}");
        if (recording.Touch != "recorded")
        {
            string assumed = recording.Touch switch
            {
                "write" when recording.IsHeap => $"--touch write assumes that each block is written in full when it is taken: {Text.Count(recording.AssumedAccesses)} accesses; malloc's own are exact",
                "none" when recording.IsHeap => "only malloc's own are made (--touch write assumes that blocks are written too)",
                "first" => $"--touch first assumes one write to each mapping: {Text.Count(recording.AssumedAccesses)} accesses",
                "write" => $"--touch write assumes one write to each page that the program may write: {Text.Count(recording.AssumedAccesses)} accesses",
                "all" => $"--touch all assumes one access to each page that the program may use: {Text.Count(recording.AssumedAccesses)} accesses",
                _ => "nothing is assumed to be touched (--touch write or --touch all assumes it)",
            };
            console.MarkupLine($"[yellow]The recording has no accesses[/]: {assumed}.");
        }

        if (recording.UnexpectedSignals > 0)
            console.MarkupLine($"[yellow]{Text.Count(recording.UnexpectedSignals)} accesses got a signal that the recording does not show.[/]");
    }

    private static void WriteKills(RunReport report, IAnsiConsole console)
    {
        if (report.OomKills is null)
            return;
        console.WriteLine();
        console.MarkupLine($"[red]Memory ran out {(report.OomKills.Count == 1 ? "once" : $"{Text.Count(report.OomKills.Count)} times")}[/] (--dmesg FILE writes the kernel's reports, pagewise oom --explain FILE explains them):");
        foreach (OomAnswer kill in report.OomKills)
            console.MarkupLine("  " + Markup.Escape(kill.Answer));
    }

    private static void WriteProcess(ProcessFacts process, IAnsiConsole console)
    {
        console.WriteLine();
        string program = process.Program.Length > 0 ? $" [grey]{Markup.Escape(process.Program)}[/]" : "";
        console.Write(new Rule($"[bold]{process.Pid} {Markup.Escape(process.Comm)}[/]{program}") { Justification = Justify.Left, Border = BoxBorder.Square });
        console.MarkupLine($"size {Text.Size(process.SizeBytes)} (peak {Text.Size(process.PeakSizeBytes)}), resident {Text.Size(process.ResidentBytes)} (peak {Text.Size(process.PeakResidentBytes)})");
        WriteSegments(process, console);
        WriteFaults(process.Faults, console);
        WriteCalls(process.SystemCalls, console);
        WritePageTables(process.PageTables, console);
        WriteTranslation(process.Translation, console);
    }

    private static void WriteCgroups(IReadOnlyList<CgroupFacts>? cgroups, IAnsiConsole console)
    {
        if (cgroups is null)
            return;
        console.WriteLine();
        console.Write(new Rule("[bold]cgroups[/]") { Justification = Justify.Left, Border = BoxBorder.Square });
        Table table = NewTable("Cgroup", "Current", "Peak", "Swap", "high", "max", "Over high", "At max", "Killed");
        AlignRight(table, 1, 2, 3, 4, 5, 6, 7, 8);
        foreach (CgroupFacts one in cgroups)
        {
            Row(table, one.Path, Text.Size(one.CurrentBytes), Text.Size(one.PeakBytes), Text.Size(one.SwapBytes), Limit(one.HighBytes), Limit(one.MaxBytes),
                Text.Count(one.High), Text.Count(one.Max), Text.Count(one.OomKill));
        }

        console.Write(table);

        static string Limit(ulong? bytes) => bytes is { } limit ? Text.Size(limit) : "max";
    }

    private static void WriteSegments(ProcessFacts process, IAnsiConsole console)
    {
        Table table = NewTable("Segment", "From", "Areas", "Size", "Resident", "Page tables");
        AlignRight(table, 1, 2, 3, 4, 5);
        foreach (SegmentFacts segment in process.Segments)
        {
            Row(table, segment.Name, Text.Address(segment.Start), Text.Count(segment.Areas),
                Text.Size(segment.SizeBytes), Text.Size(segment.ResidentBytes), Text.Size(segment.PageTableBytes));
        }

        console.Write(table);
        console.MarkupLine($"[grey]heap: start_brk {Text.Address(process.StartBrk)}, brk {Text.Address(process.Brk)}[/]");
    }

    private static void WriteFaults(FaultFacts faults, IAnsiConsole console)
    {
        Table table = NewTable("Faults", "Count");
        AlignRight(table, 1);
        Row(table, "minor", Text.Count(faults.Minor));
        Add("  anonymous, a zeroed page", faults.Anonymous);
        Add("  anonymous, the zero page", faults.ZeroPage);
        Add("  huge page", faults.Huge);
        Add("  file page", faults.File);
        Add("  copy on write", faults.CopyOnWrite);
        Add("  made writable, no copy", faults.WriteReuse);
        Add("  back from swap", faults.SwapIn);
        Add("  spurious", faults.Spurious);
        Row(table, "major", Text.Count(faults.Major));
        Add("pages mapped around file faults", faults.FaultAroundPages);
        Add("stack grown", faults.StackGrowth);
        Add("SIGSEGV, not mapped", faults.SegvMapErr);
        Add("SIGSEGV, not permitted", faults.SegvAccErr);
        Add("SIGBUS, beyond the file", faults.Bus);
        console.Write(table);

        void Add(string name, long count)
        {
            if (count > 0)
                Row(table, name, Text.Count(count));
        }
    }

    private static void WriteCalls(IReadOnlyList<CallFacts> calls, IAnsiConsole console)
    {
        if (calls.Count == 0)
            return;
        Table table = NewTable("System call", "Calls", "Errors");
        AlignRight(table, 1, 2);
        foreach (CallFacts call in calls)
            Row(table, call.Name, Text.Count(call.Calls), call.Errors == 0 ? "" : Text.Count(call.Errors));
        console.Write(table);
    }

    private static void WritePageTables(PageTableFacts tables, IAnsiConsole console)
    {
        Table table = NewTable("Page tables", "Tables", "Entries used", "Bytes");
        AlignRight(table, 1, 2, 3);
        foreach (PageTableLevelFacts level in tables.Levels)
            Row(table, level.Name, Text.Count(level.Tables), Text.Count(level.Entries), Text.Size(level.Bytes));
        Row(table, "together", "", "", Text.Size(tables.Bytes));
        Row(table, "a flat table", "", "", Text.Size(tables.FlatBytes));
        console.Write(table);
    }

    private static void WriteTranslation(TranslationFacts facts, IAnsiConsole console)
    {
        if (facts.Accesses == 0)
            return;
        Table table = NewTable("Translation", "Count", "Share");
        AlignRight(table, 1, 2);
        // An access that faults is translated again when the fault is handled: each attempt counts.
        long attempts = facts.Accesses + facts.FaultingWalks;
        Add("L1 data TLB hits", facts.L1DataHits, attempts);
        Add("L1 instruction TLB hits", facts.L1InstructionHits, attempts);
        Add("L2 TLB hits", facts.L2Hits, attempts);
        Add("walks", facts.Walks, attempts);
        Add("  shortened by a walk cache", facts.WalkCacheHits, facts.Walks);
        Add("  ending in a fault", facts.FaultingWalks, facts.Walks);
        Row(table, "entries read by walks", Text.Count(facts.EntriesRead), "");
        Row(table, "average latency", Text.Time(facts.AverageNs), "");
        console.Write(table);

        void Add(string name, long count, long whole) => Row(table, name, Text.Count(count), Text.Share(count, whole));
    }

    private static void WriteMachine(MachineFacts machine, IAnsiConsole console)
    {
        console.WriteLine();
        console.Write(new Rule("[bold]machine[/]") { Justification = Justify.Left, Border = BoxBorder.Square });
        Table frames = NewTable("Frames", "Count", "Bytes");
        AlignRight(frames, 1, 2);
        foreach (FrameUse use in machine.Frames.Where(use => use.Frames != 0 || use.Use != "swap cache, unmapped"))
            Row(frames, use.Use, Text.Count(use.Frames), Text.Size(use.Bytes));
        Row(frames, "handed out in all", Text.Count(machine.FramesHandedOut), Text.Size((ulong)machine.FramesHandedOut << 12));
        console.Write(frames);
        Table time = NewTable("Virtual time", "", "Share");
        AlignRight(time, 1, 2);
        // A machine that was never short of memory and never waited has no such rows.
        foreach (TimeCause cause in machine.Time.Where((cause, index) => index < AlwaysShownCauses || cause.Ns > 0))
            Row(time, cause.Cause, Text.Time(cause.Ns), Text.Share(cause.Ns, machine.TimeNs));
        Row(time, "together", Text.Time(machine.TimeNs), "");
        console.Write(time);
        WritePressure(machine.Pressure, machine.TimeNs, console);
        TranslationFacts flushes = machine.Translation;
        console.MarkupLine($"[grey]TLB flushes: {Text.Count(flushes.InvalidatedPages)} pages, {Text.Count(flushes.Flushes)} address spaces, {Text.Count(flushes.Shootdowns)} shootdowns[/]");
    }

    private static void WritePressure(PressureFacts facts, double timeNs, IAnsiConsole console)
    {
        if (!facts.IsAny)
            return;
        Table table = NewTable("Memory pressure", "Count", "Share");
        AlignRight(table, 1, 2);
        long refaults = facts.RefaultFile + facts.RefaultAnon;
        Row(table, "refaults", Text.Count(refaults), "");
        Row(table, "  of files", Text.Count(facts.RefaultFile), Text.Share(facts.RefaultFile, refaults));
        Row(table, "  anonymous", Text.Count(facts.RefaultAnon), Text.Share(facts.RefaultAnon, refaults));
        Row(table, "  made active at once", Text.Count(facts.Activate), Text.Share(facts.Activate, refaults));
        Row(table, "pages to swap", Text.Count(facts.SwapOut), "");
        Row(table, "pages from swap", Text.Count(facts.SwapIn), "");
        Row(table, "swap in use", Text.Size(facts.SwapUsedBytes), "");
        Row(table, "kswapd runs", Text.Count(facts.KswapdRuns), "");
        Row(table, "  pages scanned", Text.Count(facts.ScanKswapd), "");
        Row(table, "  pages reclaimed", Text.Count(facts.StealKswapd), Text.Share(facts.StealKswapd, facts.ScanKswapd));
        Row(table, "direct reclaims", Text.Count(facts.AllocStall), "");
        Row(table, "  pages scanned", Text.Count(facts.ScanDirect), "");
        Row(table, "  pages reclaimed", Text.Count(facts.StealDirect), Text.Share(facts.StealDirect, facts.ScanDirect));
        Row(table, "stalled for memory, some", Text.Time(facts.MemorySomeNs), Text.Share(facts.MemorySomeNs, timeNs));
        Row(table, "stalled for memory, full", Text.Time(facts.MemoryFullNs), Text.Share(facts.MemoryFullNs, timeNs));
        Row(table, "waiting for devices, some", Text.Time(facts.IoSomeNs), Text.Share(facts.IoSomeNs, timeNs));
        Row(table, "waiting for devices, full", Text.Time(facts.IoFullNs), Text.Share(facts.IoFullNs, timeNs));
        console.Write(table);
    }

    private static Table NewTable(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.Minimal, ShowRowSeparators = false };
        foreach (string column in columns)
            table.AddColumn(new TableColumn(new Markup($"[bold]{Markup.Escape(column)}[/]")) { NoWrap = true });
        return table;
    }

    private static void AlignRight(Table table, params ReadOnlySpan<int> columns)
    {
        foreach (int column in columns)
            table.Columns[column].Alignment = Justify.Right;
    }

    private static void Row(Table table, params ReadOnlySpan<string> cells)
    {
        var row = new IRenderable[cells.Length];
        for (int i = 0; i < cells.Length; i++)
            row[i] = new Spectre.Console.Text(cells[i]);
        table.AddRow(row);
    }
}
