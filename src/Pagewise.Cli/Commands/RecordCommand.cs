using System.CommandLine;
using Pagewise.Cli.Terminal;
using Pagewise.Reports;
using Pagewise.Workloads;

namespace Pagewise.Cli.Commands;

/// <summary><c>pagewise record -o FILE -- PROGRAM …</c>: makes recordings with the tools of this host.</summary>
internal static class RecordCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console)
    {
        var program = new Argument<string[]>("program") { Description = "The program and its arguments, after --.", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string>("-o", "--output")
        {
            Description = "The recording: .pgw for Pagewise's binary, any other name for text.",
            HelpName = "FILE",
            Required = true,
        };
        var pages = new Option<bool>("--pages") { Description = "Record every memory access too, with valgrind's lackey (.pgw)." };
        var heap = new Option<bool>("--heap") { Description = "Record the calls of the malloc family, for the heap commands." };
        var aslr = new Option<bool>("--aslr") { Description = "Leave address space randomisation on." };
        var command = new Command("record", "Record a program's memory: its system calls (strace), every access (--pages), its heap (--heap).")
        {
            output, pages, heap, aslr, program,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(pages) && result.GetValue(heap))
                result.AddError("--pages and --heap are two recordings: give one of them");
        });
        command.SetAction(parsed =>
        {
            string[] words = parsed.GetValue(program)!;
            var options = new RecorderOptions(words[0], words[1..]) { KeepRandomisation = parsed.GetValue(aslr) };
            Record(console, options, parsed.GetValue(output)!, parsed.GetValue(pages), parsed.GetValue(heap));
            return ExitCode.Done;
        });
        return command;
    }

    // The program's output may be anything: what was recorded is said beside it.
    private static void Summarize(CommandConsole console, IReadOnlyList<HeapRecording> recordings)
    {
        string others = recordings.Count switch
        {
            1 => "",
            2 => $"; one more process image: {recordings[1].File}",
            _ => $"; {recordings.Count - 1} more process images: {recordings[1].File} … {recordings[^1].File}",
        };
        console.Error.WriteLine($"pagewise: {recordings[0].File}: {Text.Count(recordings[0].Calls)} calls{others}");
    }

    private static void Record(CommandConsole console, RecorderOptions options, string output, bool pages, bool heap)
    {
        int status;
        IReadOnlyList<string> warnings;
        if (heap)
        {
            HeapRecorderResult result = HeapRecorder.Record(options, output);
            (status, warnings) = (result.ExitStatus, result.Warnings);
            Summarize(console, result.Recordings);
        }
        else
        {
            RecorderResult result = pages ? PageRecorder.Record(options, output) : SystemCallRecorder.Record(options, output);
            (status, warnings) = (result.ExitStatus, result.Warnings);
        }

        foreach (string warning in warnings)
            console.Warn(warning);
        if (status != 0)
            console.Warn($"{options.Program} ended with status {status}");
    }
}
