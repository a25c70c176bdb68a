using System.CommandLine;
using System.Globalization;
using Pagewise.Cli.Terminal;
using Pagewise.Kernel;
using Pagewise.Replay;
using Pagewise.Replay.Sweeping;
using Pagewise.Reports.Sweep;

namespace Pagewise.Cli.Commands;

/// <summary><c>pagewise sweep FILE --vary KEY=VALUES</c>: one recording on many machines, and what each came to.</summary>
internal static class SweepCommand
{
    private const int MostJobs = 1024;

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console)
    {
        var file = new Argument<string>("recording") { Description = "The recording." };
        var vary = new Option<string[]>("--vary")
        {
            Description = "What varies: values or ranges of a setting, such as memory=128M..1G:64M or vm.swappiness=0,60,100; may be repeated: every combination runs.",
            HelpName = "KEY=VALUES",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
            Required = true,
        };
        var json = new Option<bool>("--json") { Description = "Print the table as JSON (docs/json.md)." };
        var csv = new Option<bool>("--csv") { Description = "Print the table as comma-separated values." };
        var output = new Option<string?>("-o", "--output") { Description = "Write the table there.", HelpName = "FILE" };
        var jobs = new Option<int?>("-j", "--jobs") { Description = "Machines that run at once. Default: the host's cores.", HelpName = "N" };
        var touch = new Option<TouchAssumption?>("--touch")
        {
            Description = "What a program without recorded accesses is assumed to do with its memory, as for run.",
            HelpName = "none|first|write|all",
        };
        var machine = new MachineOptions();
        var command = new Command("sweep", "Run a recording on many machines side by side and compare faults, refaults, swap and time.") { file, vary, json, csv, output, jobs, touch };
        machine.AddTo(command);
        command.SetAction(parsed =>
        {
            string name = parsed.GetValue(file)!;
            if (name == "-")
                throw new UserException("a sweep reads the recording once for each machine: expected a file, not standard input");
            if (parsed.GetValue(json) && parsed.GetValue(csv))
                throw new UserException("--json and --csv are two forms of the same table: expected one of them");
            int threads = parsed.GetValue(jobs) ?? Environment.ProcessorCount;
            if (threads is < 1 or > MostJobs)
                throw new UserException($"--jobs {threads}: expected a number from 1 to {MostJobs}");
            SweepAxis[] axes = [.. parsed.GetValue(vary)!.Select(SweepAxis.Parse)];
            if (axes.GroupBy(axis => axis.Key, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
                throw new UserException($"--vary {twice.Key} is given twice: name all its values in one");
            Func<MachineSpec, MachineSpec> configure = machine.Configure(parsed);
            IReadOnlyList<SweepOutcome> outcomes = Run(console, name, axes, configure, parsed.GetValue(touch), threads);
            var report = new SweepReport(name, [.. axes.Select(axis => axis.Key)], outcomes);
            string text = parsed.GetValue(json) ? SweepReportText.Json(report) : parsed.GetValue(csv) ? SweepReportText.Csv(report) : SweepReportText.Table(report);
            if (parsed.GetValue(output) is { } path)
                OutputFile.Write(path, text);
            else
                console.Out.Write(text);
            return ExitCode.Done;
        });
        return command;
    }

    private static IReadOnlyList<SweepOutcome> Run(CommandConsole console, string file, SweepAxis[] axes, Func<MachineSpec, MachineSpec> configure, TouchAssumption? touch, int jobs)
    {
        if (!console.IsErrorTerminal)
            return Sweeper.Run(file, axes, configure, touch, jobs);
        long machines = axes.Aggregate(1L, (product, axis) => product * axis.Values.Count);
        IReadOnlyList<SweepOutcome> outcomes = Sweeper.Run(file, axes, configure, touch, jobs, done =>
        {
            lock (console)
                console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r\x1b[K{done} of {machines} machines"));
        });
        console.Error.Write("\r\x1b[K");
        return outcomes;
    }
}
