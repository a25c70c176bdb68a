using System.CommandLine;
using Pagewise.Cli.Terminal;
using Pagewise.Kernel;
using Pagewise.Procfs;
using Pagewise.Replay;
using Pagewise.Replay.Heap;
using Pagewise.Reports.Run;
using Pagewise.Reports.Series;
using Pagewise.Workloads;

namespace Pagewise.Cli.Commands;

/// <summary><c>pagewise run FILE</c>: a recording on a modelled machine, and what came of it.</summary>
internal static class RunCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console)
    {
        var file = new Argument<string>("recording") { Description = "The recording; - is standard input." };
        var json = new Option<bool>("--json") { Description = "Print the report as JSON (docs/json.md)." };
        var output = new Option<string?>("-o", "--output") { Description = "Write the report there.", HelpName = "FILE" };
        var touch = new Option<TouchAssumption?>("--touch")
        {
            Description = "What a program without recorded accesses is assumed to do with its memory. Default: none; for a heap recording write: each block is written as soon as it is taken.",
            HelpName = "none|first|write|all",
        };
        var proc = new Option<string?>("--proc") { Description = "Write the modelled /proc at the end into this directory: as the last process is about to end, or as the recording ends.", HelpName = "DIR" };
        var series = new Option<bool>("--memory-series") { Description = "Add memory over virtual time: free pages, LRU lists, swap, reclaim." };
        var dmesg = new Option<string?>("--dmesg") { Description = "Write what the modelled kernel printed: the OOM killer's reports, as dmesg shows them.", HelpName = "FILE" };
        var machine = new MachineOptions();
        var command = new Command("run", "Run a recording on a modelled machine and report what its memory did.") { file, json, output, touch, proc, dmesg, series };
        machine.AddTo(command);
        command.SetAction(parsed =>
        {
            RunReport report = Run(console, parsed.GetValue(file)!, parsed.GetValue(touch), machine.Configure(parsed), parsed.GetValue(proc), parsed.GetValue(dmesg), parsed.GetValue(series));
            Write(console, report, parsed.GetValue(json), parsed.GetValue(output));
            return ExitCode.Done;
        });
        return command;
    }

    private static RunReport Run(CommandConsole console, string file, TouchAssumption? touch, Func<MachineSpec, MachineSpec> configure, string? proc, string? dmesg, bool hasSeries)
    {
        using RecordingReader reader = RecordingReader.Open(file);
        var options = new ReplayOptions
        {
            Mode = ReplayMode.Free,
            Touch = touch ?? (reader.IsHeap ? TouchAssumption.Write : TouchAssumption.None),
            Configure = configure,
            DifferenceLimit = 0,
        };
        using var replayer = new Replayer(reader, options);
        using var progress = new Progress(console);
        var builder = new RunReportBuilder(progress.Show) { Sampler = hasSeries ? new MemorySampler(replayer.Machine) : null };
        ProcAtEnd? procAtEnd = proc is null ? null : new ProcAtEnd(builder);
        replayer.Observer = procAtEnd ?? (IReplayObserver)builder;
        replayer.HeapPlayer = new TaskHeap(file, options.Touch);
        replayer.Run();
        progress.Dispose();
        if (proc is not null)
            Write(procAtEnd!.Tree(replayer), proc);
        if (dmesg is not null)
            OutputFile.Write(dmesg, replayer.KernelLog.ToString());
        Warnings.Print(console, file, replayer.Warnings, reader.UnknownCalls);
        return builder.Build(replayer, reader, options.Touch);
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
