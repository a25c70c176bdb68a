using System.CommandLine;
using Pagewise.Cli.Terminal;
using Pagewise.Reports.Exports;

namespace Pagewise.Cli.Commands;

/// <summary><c>pagewise export RUN.db --to FORMAT -o DIR</c>: a run file as files that other tools open.</summary>
internal static class ExportCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console)
    {
        var file = new Argument<string>("run") { Description = "The run file (pagewise run RECORDING -o RUN.db)." };
        string names = string.Join('|', RunExports.Names);
        var to = new Option<string>("--to") { Description = "What to write (docs/exports.md).", HelpName = names, Required = true };
        var output = new Option<string>("-o", "--output") { Description = "The directory to write into; made where missing.", HelpName = "DIR", Required = true };
        var command = new Command("export", "Turn a run file into files that other tools open.") { file, to, output };
        command.SetAction(parsed =>
        {
            string name = parsed.GetValue(to)!;
            ExportFormat format = RunExports.Find(name) ?? throw new UserException($"--to {name}: expected one of {names}");
            string directory = parsed.GetValue(output)!;
            try
            {
                console.Out.WriteLine(RunExports.Write(parsed.GetValue(file)!, format, directory));
            }
            catch (ExportException exception)
            {
                throw new UserException($"{parsed.GetValue(file)}: {exception.Message}");
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
            {
                throw new UserException($"{directory}: cannot be written: {exception.Message}");
            }

            return ExitCode.Done;
        });
        return command;
    }
}
