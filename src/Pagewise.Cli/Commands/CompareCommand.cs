using System.CommandLine;
using Pagewise.Cli.Terminal;
using Pagewise.Reports.Compare;
using Pagewise.Reports.RunFiles;

namespace Pagewise.Cli.Commands;

/// <summary><c>pagewise compare A.db B.db</c>: two runs side by side, differences first.</summary>
internal static class CompareCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console)
    {
        var first = new Argument<string>("a") { Description = "A run file." };
        var second = new Argument<string>("b") { Description = "Another one." };
        var json = new Option<bool>("--json") { Description = "Print the comparison as JSON (docs/json.md)." };
        var all = new Option<bool>("--all") { Description = "Print every figure that differs, not the 40 that matter most." };
        var output = new Option<string?>("-o", "--output") { Description = "Write the comparison there.", HelpName = "FILE" };
        var command = new Command("compare", "Compare two run files: what was different about the runs, and what came of it.") { first, second, json, all, output };
        command.SetAction(parsed =>
        {
            string a = parsed.GetValue(first)!, b = parsed.GetValue(second)!;
            var comparison = RunComparison.Of(a, RunFileReader.Read(a), b, RunFileReader.Read(b));
            string text = parsed.GetValue(json) ? RunComparisonText.Json(comparison) : RunComparisonText.Table(comparison, parsed.GetValue(all));
            if (parsed.GetValue(output) is { } path)
                OutputFile.Write(path, text);
            else
                console.Out.Write(text);
            return ExitCode.Done;
        });
        return command;
    }
}
