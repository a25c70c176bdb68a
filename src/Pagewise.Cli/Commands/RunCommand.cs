using System.CommandLine;
using Pagewise.Cli.Terminal;
using Pagewise.Kernel;
using Pagewise.Procfs;
using Pagewise.Replay;
using Pagewise.Replay.Heap;
using Pagewise.Reports.Heap;
using Pagewise.Reports.Run;
using Pagewise.Reports.RunFiles;
using Pagewise.Reports.Series;
using Pagewise.Reports.Tracing;
using Pagewise.Workloads;

namespace Pagewise.Cli.Commands;

/// <summary><c>pagewise run FILE</c>: a recording on a modelled machine, and what came of it.</summary>
internal static class RunCommand
{
    private const string RunFileName = ".db";

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console)
    {
        var file = new Argument<string>("recording") { Description = "The recording; - is standard input." };
        var json = new Option<bool>("--json") { Description = "Print the report as JSON (docs/json.md)." };
        var output = new Option<string?>("-o", "--output") { Description = "Write the report there; a name ending in .db keeps the whole run: a run file (docs/run-file.md), and the report is printed.", HelpName = "FILE" };
        var touch = new Option<TouchAssumption?>("--touch")
        {
            Description = "What a program without recorded accesses is assumed to do with its memory. Default: none; for a heap recording write: each block is written as soon as it is taken.",
            HelpName = "none|first|write|all",
        };
        var proc = new Option<string?>("--proc") { Description = "Write the modelled /proc at the end into this directory: as the last process is about to end, or as the recording ends.", HelpName = "DIR" };
        var series = new Option<bool>("--memory-series") { Description = "Add memory over virtual time: free pages, LRU lists, swap, reclaim." };
        var dmesg = new Option<string?>("--dmesg") { Description = "Write what the modelled kernel printed: the OOM killer's reports, as dmesg shows them.", HelpName = "FILE" };
        var ftrace = new Option<string?>("--ftrace") { Description = "Write the modelled kernel's tracepoints as a trace file of Linux 6.1 (docs/exports.md).", HelpName = "FILE" };
        var machine = new MachineOptions();
        var command = new Command("run", "Run a recording on a modelled machine and report what its memory did.") { file, json, output, touch, proc, dmesg, ftrace, series };
        machine.AddTo(command);
        command.SetAction(parsed =>
        {
            string? place = parsed.GetValue(output);
            bool isRunFile = place?.EndsWith(RunFileName, StringComparison.OrdinalIgnoreCase) == true;
            var wanted = new RunRequest
            {
                Recording = parsed.GetValue(file)!,
                Touch = parsed.GetValue(touch),
                Configure = machine.Configure(parsed),
                Settings = machine.Settings(parsed),
                Seed = machine.Seed(parsed),
                MachineFile = machine.File(parsed),
                Proc = parsed.GetValue(proc),
                Dmesg = parsed.GetValue(dmesg),
                Ftrace = parsed.GetValue(ftrace),
                HasSeries = parsed.GetValue(series),
                RunFile = isRunFile ? place : null,
            };
            RunReport report = Run(console, wanted);
            Write(console, report, parsed.GetValue(json), isRunFile ? null : place);
            return ExitCode.Done;
        });
        return command;
    }

    private static RunReport Run(CommandConsole console, RunRequest wanted)
    {
        if (wanted.RunFile is not null)
            RunFileWriter.CheckPlace(wanted.RunFile);
        using RecordingReader reader = RecordingReader.Open(wanted.Recording);
        var options = new ReplayOptions
        {
            Mode = ReplayMode.Free,
            Touch = wanted.Touch ?? (reader.IsHeap ? TouchAssumption.Write : TouchAssumption.None),
            Configure = wanted.Configure,
            DifferenceLimit = 0,
        };
        using var replayer = new Replayer(reader, options);
        using var progress = new Progress(console);
        using FtraceFile? trace = wanted.Ftrace is null ? null : new FtraceFile(wanted.Ftrace, replayer.Machine.Spec.Cpus);
        RunRecorder? recorder = wanted.RunFile is null ? null : new RunRecorder(replayer.Machine, trace);
        if (recorder is null && trace is not null)
            _ = new TraceEvents(replayer.Machine, trace);
        var builder = new RunReportBuilder(progress.Show) { Sampler = wanted.HasSeries ? recorder?.Sampler ?? new MemorySampler(replayer.Machine) : null };
        ProcAtEnd? procAtEnd = wanted.Proc is null ? null : new ProcAtEnd(builder);
        IReplayObserver observer = procAtEnd ?? (IReplayObserver)builder;
        replayer.Observer = recorder is null ? observer : new ReplayObservers(recorder, observer);
        replayer.HeapPlayer = new TaskHeap(wanted.Recording, options.Touch);
        replayer.Run();
        progress.Dispose();
        trace?.Finish();
        if (wanted.Proc is not null)
            Write(procAtEnd!.Tree(replayer), wanted.Proc);
        if (wanted.Dmesg is not null)
            OutputFile.Write(wanted.Dmesg, replayer.KernelLog.ToString());
        Warnings.Print(console, wanted.Recording, replayer.Warnings, reader.UnknownCalls);
        RunReport report = builder.Build(replayer, reader, options.Touch);
        if (recorder is not null)
            RunFileWriter.Write(wanted.RunFile!, WithHeap(recorder.Build(replayer, report, wanted.ToRunOptions(options.Touch)), replayer, reader, options.Touch));
        return report;
    }

    // Why the heap is as resident as it is takes replays of the heap alone, with each remedy; they are quick beside the run.
    private static RunFile WithHeap(RunFile run, Replayer replayer, RecordingReader reader, TouchAssumption touch)
    {
        if (!reader.IsHeap || reader.File == "-" || replayer.HeapPlayer is null or { IsDead: true } or { Calls: 0 })
            return run;
        HeapScript script = HeapScript.Read(reader.File);
        HeapWhyRss why = HeapWhyRssBuilder.Build(script, new HeapReplayOptions { Touch = touch }, script.Count, replayer.Machine.Preset.Costs);
        var documents = new SortedDictionary<string, string>(run.Documents.ToDictionary(), StringComparer.Ordinal) { ["heap-why-rss"] = HeapReportJson.Write(why) };
        return run with { Documents = documents };
    }

    private static void Write(ProcTree tree, string directory)
    {
        try
        {
            tree.Write(directory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new UserException($"cannot write /proc into {directory}: {exception.Message.TrimEnd('.')}");
        }
    }

    private static void Write(CommandConsole console, RunReport report, bool json, string? output)
    {
        if (output is null)
        {
            if (json)
                console.Out.Write(RunReportJson.Write(report));
            else
                RunReportText.Write(report, console.Ansi);
            return;
        }

        var text = new StringWriter { NewLine = "\n" };
        if (json)
            text.Write(RunReportJson.Write(report));
        else
            RunReportText.Write(report, new CommandConsole(text, console.Error, isTerminal: false, isErrorTerminal: false).Ansi);
        OutputFile.Write(output, text.ToString());
    }
}
