using System.CommandLine;
using System.Text;
using Pagewise.Cli.Terminal;
using Pagewise.Kernel.Block;
using Pagewise.Procfs.Oom;
using Pagewise.Replay.Oom;
using Pagewise.Reports.Oom;
using Pagewise.Workloads;

namespace Pagewise.Cli.Commands;

/// <summary><c>pagewise oom</c>: who dies next on this host, or who died in a kernel log, why, and what would change it.</summary>
internal static class OomCommand
{
    private const int LogLimit = 256 << 20;

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console)
    {
        var proc = new Option<string>("--proc") { Description = "A saved /proc tree instead of this host.", HelpName = "DIR", DefaultValueFactory = _ => "/proc" };
        var explain = new Option<string?>("--explain") { Description = "A kernel log (dmesg, journalctl -k, a serial console) with reports of the OOM killer.", HelpName = "FILE" };
        var ifs = new Option<string[]>("--if")
        {
            Description = "What could be otherwise: 'pid 4211 oom_score_adj=-500', 'pid 4211 gone', 'swap=0', 'memory=16 GiB'; may be repeated.",
            HelpName = "CHANGE",
            AllowMultipleArgumentsPerToken = false,
        };
        var grow = new Option<string[]>("--grow")
        {
            Description = "A process that grows: the host is run forward. '4211=50M/s', '4211=40M..60M/s'; may be repeated.",
            HelpName = "PID=RATE",
            AllowMultipleArgumentsPerToken = false,
        };
        var watch = new Option<int?>("--watch") { Description = "Watch this host for so many seconds (2 to 3600), and run it forward with the growth that was seen.", HelpName = "SECONDS" };
        var horizon = new Option<string>("--for") { Description = "How far to run forward, such as 90s, 10m, 2h.", HelpName = "TIME", DefaultValueFactory = _ => "10m" };
        var device = new Option<string>("--swap-device") { Description = $"What swap lies on: {string.Join(", ", BlockDeviceSpec.Presets.Select(preset => preset.Name))}.", HelpName = "NAME", DefaultValueFactory = _ => BlockDeviceSpec.Presets[0].Name };
        var all = new Option<bool>("--all") { Description = "Show every process, not only the first ten." };
        var json = new Option<bool>("--json") { Description = "Write JSON (docs/oom.md)." };
        var findLimit = new FindLimitOption();
        var command = new Command("oom", "Who dies next on this host, or who died in a kernel log, why, and what would change it.") { proc, explain, ifs, grow, watch, horizon, device, all, json };
        findLimit.AddTo(command);
        command.SetAction(parsed =>
        {
            if (findLimit.Run(parsed, console, parsed.GetValue(json)))
                return ExitCode.Done;
            OomWhatIf[] changes = [.. (parsed.GetValue(ifs) ?? []).Select(text => new OomWhatIf(text))];
            string[] growing = parsed.GetValue(grow) ?? [];
            if (growing.Length > 0 || parsed.GetValue(watch) is not null)
            {
                if (parsed.GetValue(explain) is not null)
                    throw new UserException("--explain reads a log: --grow and --watch need a host");
                OomForecastReport forecast = OomForecastRun.Run(OomHost.Find(parsed.GetValue(proc)!), growing, parsed.GetValue(watch), parsed.GetValue(horizon)!, parsed.GetValue(device)!, changes);
                console.Out.Write(parsed.GetValue(json) ? OomForecastText.Json(forecast) : OomForecastText.Write(forecast));
                return ExitCode.Done;
            }

            IReadOnlyList<OomAnswer> answers = parsed.GetValue(explain) is { } log ? Log(log, changes) : [Host(parsed.GetValue(proc)!, changes)];
            foreach (OomWhatIf change in changes)
            {
                if (answers.All(answer => answer.Alternatives.Any(one => one.If == change.Text && one.VictimPid is null)))
                    throw new UserException($"--if '{change.Text}': there is no such process");
            }

            if (parsed.GetValue(json))
                console.Out.Write(OomAnswerJson.Write(answers));
            else
                console.Out.Write(string.Join("\n", answers.Select(answer => OomAnswerText.Write(answer, parsed.GetValue(all) ? int.MaxValue : OomAnswerText.UsualRows))));
            return ExitCode.Done;
        });
        return command;
    }

    private static List<OomAnswer> Log(string file, OomWhatIf[] changes)
    {
        string[] lines = Encoding.UTF8.GetString(InputFile.ReadAllBytes(file, LogLimit)).Split('\n');
        IReadOnlyList<OomReport> reports = OomReportReader.Read(lines);
        if (reports.Count == 0)
            throw new UserException($"{file}: no report of the OOM killer is in it (expected a line such as \"NAME invoked oom-killer: …\")");
        var answers = new List<OomAnswer>();
        foreach (OomReport report in reports)
            answers.Add(OomAnswerBuilder.Of(report, $"{file}:{report.FirstLine}{(reports.Count > 1 ? $", report {answers.Count + 1} of {reports.Count}" : "")}", changes));
        return answers;
    }

    private static OomAnswer Host(string proc, OomWhatIf[] changes)
    {
        OomHost host = OomHost.Read(OomHost.Find(proc));
        return OomAnswerBuilder.Of(host.Processes, host.Memory, host.Kernel, host.Source, changes);
    }
}
