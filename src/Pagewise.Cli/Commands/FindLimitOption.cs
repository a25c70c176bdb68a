using System.CommandLine;
using System.Globalization;
using Pagewise.Cli.Terminal;
using Pagewise.Replay;
using Pagewise.Replay.Oom;
using Pagewise.Reports.Oom;

namespace Pagewise.Cli.Commands;

/// <summary><c>pagewise oom --find-limit FILE</c>: how small the memory.max of a container may be for a recorded program.</summary>
internal sealed class FindLimitOption
{
    private readonly Option<string?> _file = new("--find-limit")
    {
        Description = "A recording: find the memory.max at which the program first reclaims, first refaults, first dies.",
        HelpName = "RECORDING",
    };

    private readonly Option<TouchAssumption?> _touch = new("--touch")
    {
        Description = "With --find-limit: what a program without recorded accesses is assumed to do with its memory, as for run.",
        HelpName = "none|first|write|all",
    };

    private readonly MachineOptions _machine = new();

    /// <summary>Adds the option and those that go with it.</summary>
    public void AddTo(Command command)
    {
        command.Add(_file);
        command.Add(_touch);
        _machine.AddTo(command);
    }

    /// <summary>Finds the limits when the option was given.</summary>
    /// <returns>False: it was not.</returns>
    public bool Run(ParseResult parsed, CommandConsole console, bool json)
    {
        if (parsed.GetValue(_file) is not { } file)
            return false;
        if (file == "-")
            throw new UserException("--find-limit reads the recording once for each try: expected a file, not standard input");
        var (unlimited, thresholds) = LimitSearch.Find(file, _machine.Configure(parsed), parsed.GetValue(_touch), tries =>
        {
            if (console.IsErrorTerminal)
                console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r\x1b[K{tries} limits tried"));
        });
        if (console.IsErrorTerminal)
            console.Error.Write("\r\x1b[K");
        var report = new LimitReport(file, unlimited, thresholds);
        console.Out.Write(json ? LimitReportText.Json(report) : LimitReportText.Write(report));
        return true;
    }
}
