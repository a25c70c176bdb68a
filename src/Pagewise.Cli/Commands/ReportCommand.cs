using System.CommandLine;
using Pagewise.Cli.Terminal;
using Pagewise.Reports.RunFiles;
using Pagewise.Reports.Views;

namespace Pagewise.Cli.Commands;

/// <summary><c>pagewise report RUN.db -o REPORT.html</c>: a run as one page that opens from disk.</summary>
internal static class ReportCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console)
    {
        var file = new Argument<string>("run file") { Description = "The run file, as pagewise run -o run.db writes it." };
        var output = new Option<string?>("-o", "--output") { Description = "Write the page there; without it, to standard output.", HelpName = "FILE.html" };
        var command = new Command("report", "Write a run as one self-contained page: series, address spaces, frames, reclaim, heap, OOM.") { file, output };
        command.SetAction(parsed =>
        {
            using RunFileReader reader = RunFileReader.Open(parsed.GetValue(file)!);
            var page = new StringWriter();
            HtmlReport.Write(reader, page);
            if (parsed.GetValue(output) is { } place)
                OutputFile.Write(place, page.ToString());
            else
                console.Out.Write(page.ToString());
            return ExitCode.Done;
        });
        return command;
    }
}
