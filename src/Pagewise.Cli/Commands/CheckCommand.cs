using System.CommandLine;
using Pagewise.Cli.Terminal;
using Pagewise.Replay;
using Pagewise.Replay.Checking;
using Pagewise.Workloads;

namespace Pagewise.Cli.Commands;

/// <summary><c>pagewise check FILE…</c>: every recorded result against the model.</summary>
internal static class CheckCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console)
    {
        var files = new Argument<string[]>("recording") { Description = "Recordings, or directories of recorded experiments; - is standard input.", Arity = ArgumentArity.OneOrMore };
        var limit = new Option<int>("--limit")
        {
            Description = "How many differences of a file to print; 0 for all. All are counted.",
            HelpName = "N",
            DefaultValueFactory = _ => 100,
        };
        var touch = new Option<TouchAssumption>("--touch")
        {
            Description = "What a program without recorded accesses is assumed to do with its memory.",
            HelpName = "none|first|write|all",
            DefaultValueFactory = _ => TouchAssumption.First,
        };
        var machine = new MachineOptions();
        var command = new Command("check", "Replay recordings and compare every recorded result with the model's.") { files, limit, touch };
        machine.AddTo(command);
        command.SetAction(parsed =>
        {
            var options = new CheckOptions
            {
                Configure = machine.Configure(parsed),
                Touch = parsed.GetValue(touch),
                DifferenceLimit = 0,
            };
            return Check(console, parsed.GetValue(files)!, options, parsed.GetValue(limit));
        });
        return command;
    }

    private static int Check(CommandConsole console, string[] files, CheckOptions options, int limit)
    {
        long results = 0, differences = 0;
        bool failed = false;
        foreach (string file in files)
        {
            CheckResult result;
            try
            {
                result = CheckFile(console, file, options, limit);
            }
            catch (RecordingException exception) when (files.Length > 1)
            {
                // The other files are still checked; the exit status tells.
                console.Out.Flush();
                console.Error.WriteLine("pagewise: " + exception.Message);
                failed = true;
                continue;
            }

            results += result.Results;
            differences += result.DifferenceCount;
            if (files.Length > 1)
                console.Out.WriteLine($"{file}: {Counts(result.Results, result.DifferenceCount)}");
        }

        console.Out.WriteLine(Counts(results, differences));
        return failed ? ExitCode.CouldNotRun : differences == 0 ? ExitCode.Done : ExitCode.Differs;
    }

    private static CheckResult CheckFile(CommandConsole console, string file, CheckOptions options, int limit)
    {
        long printed = 0;
        CheckResult result = Checker.Check(file, options, difference =>
        {
            if (limit == 0 || printed < limit)
                console.Out.WriteLine($"{difference.File ?? file}:{difference}");
            printed++;
        });
        if (limit != 0 && printed > limit)
            console.Out.WriteLine($"{file}: {printed - limit} more differences (--limit 0 prints all)");
        foreach (string line in result.Measured)
            console.Out.WriteLine($"{file}: {line}");
        Warnings.Print(console, file, result.Warnings, result.UnknownCalls);
        return result;
    }

    private static string Counts(long results, long differences) => $"{results} results, {differences} differ";
}
