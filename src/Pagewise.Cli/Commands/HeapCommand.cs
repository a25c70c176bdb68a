using System.CommandLine;
using System.Globalization;
using Pagewise.Cli.Terminal;
using Pagewise.Kernel;
using Pagewise.Kernel.Hardware;
using Pagewise.Malloc;
using Pagewise.Replay;
using Pagewise.Replay.Heap;
using Pagewise.Reports.Heap;
using Spectre.Console;

namespace Pagewise.Cli.Commands;

/// <summary><c>pagewise heap FILE</c>: what a program's heap did, and what other tunables would have made of it.</summary>
internal static class HeapCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console)
    {
        var file = new Argument<string>("recording") { Description = "A heap recording (record --heap), or a log of ltrace, mtrace or heaptrack --raw; - is standard input." };
        var at = new Option<string?>("--at") { Description = "The heap after call N, or at its peak: for --map, --why-rss and --malloc-info. Default: the end.", HelpName = "N|peak" };
        var map = new Option<bool>("--map") { Description = "Show every chunk, bin, tcache and top." };
        var whyRss = new Option<bool>("--why-rss") { Description = "Show which live blocks keep which pages resident, and try what would return them." };
        var whatIf = new Option<string[]>("--what-if")
        {
            Description = "Replay with other values of a tunable, such as arena_max=1,2,8 or mmap_threshold=default,131072; may be repeated: every combination is tried.",
            HelpName = "NAME=VALUES",
            AllowMultipleArgumentsPerToken = false,
        };
        var mallocInfo = new Option<bool>("--malloc-info") { Description = "Print what malloc_info(3) would have printed in the program." };
        var json = new Option<bool>("--json") { Description = "Print the report as JSON (docs/heap-report.md)." };
        var output = new Option<string?>("-o", "--output") { Description = "Write it there.", HelpName = "FILE" };
        var touch = new Option<TouchAssumption>("--touch")
        {
            Description = "What the program is assumed to do with its blocks: write them in full, or none: only malloc's own writes count.",
            DefaultValueFactory = _ => TouchAssumption.Write,
        };
        var cpus = new Option<int?>("--cpus") { Description = "CPUs online, which malloc's arena limit counts. Default: as recorded, or 2.", HelpName = "N" };
        var affinity = new Option<int?>("--affinity") { Description = "CPUs that the process may run on: 2.35 to 2.38, as released, count these.", HelpName = "N" };
        var glibc = new Option<string?>("--glibc") { Description = "Replay on this release (2.31 … 2.43) or a distribution's (debian-13, ubuntu-24.04 …). Default: as recorded.", HelpName = "RELEASE" };
        var compare = new Option<string?>("--compare") { Description = "Compare releases or distributions, and say which of their changes account for the difference.", HelpName = "RELEASE,RELEASE…" };
        var command = new Command("heap", "Report what a program's heap did: fragmentation, residence, and what other tunables would change.")
        {
            file, at, map, whyRss, whatIf, compare, mallocInfo, json, output, glibc, touch, cpus, affinity,
        };
        command.Validators.Add(result =>
        {
            int modes = (result.GetValue(map) ? 1 : 0) + (result.GetValue(whyRss) ? 1 : 0) + (result.GetValue(whatIf) is { Length: > 0 } || result.GetValue(compare) is not null ? 1 : 0) + (result.GetValue(mallocInfo) ? 1 : 0);
            if (modes > 1)
                result.AddError("--map, --why-rss, --malloc-info and --what-if or --compare are four answers: ask for one of them");
            if (result.GetValue(compare) is not null && result.GetValue(glibc) is not null)
                result.AddError("--compare names the releases: leave --glibc out");
            if (result.GetValue(cpus) is < 1 || result.GetValue(affinity) is < 1)
                result.AddError("--cpus and --affinity take numbers of at least 1");
        });
        command.SetAction(parsed =>
        {
            List<KeyValuePair<string, IReadOnlyList<string>>> axes = Axes(parsed.GetValue(whatIf) ?? []);
            string[] releases = Releases(parsed.GetValue(compare));
            string? release = parsed.GetValue(glibc) is { } name ? Release(name) : null;
            HeapScript script = HeapScript.Read(parsed.GetValue(file)!);
            var options = new HeapReplayOptions
            {
                Touch = parsed.GetValue(touch),
                Release = release,
                Cpus = parsed.GetValue(cpus),
                AffinityCpus = parsed.GetValue(affinity),
            };
            var answer = new Answer(console, parsed.GetValue(json), parsed.GetValue(output));
            if (axes.Count > 0 || releases.Length > 0)
            {
                HeapWhatIfReport report = HeapWhatIfBuilder.Build(script, options, releases, axes, Costs());
                answer.Write(() => HeapReportJson.Write(report), ansi => HeapWhatIfText.Write(report, ansi));
            }
            else if (parsed.GetValue(whyRss))
                WhyRss(script, options, Position(script, options, parsed.GetValue(at)), answer);
            else if (parsed.GetValue(map) || parsed.GetValue(mallocInfo))
                Look(script, options, Position(script, options, parsed.GetValue(at)), parsed.GetValue(map), answer);
            else if (parsed.GetValue(at) is not null)
                throw new UserException("--at says when: add --map, --why-rss or --malloc-info");
            else
                Report(script, options, answer);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Report(HeapScript script, HeapReplayOptions options, Answer answer)
    {
        HeapReport report = HeapReportBuilder.Build(script, options);
        answer.Write(() => HeapReportJson.Write(report), ansi => HeapReportText.Write(report, ansi));
    }

    private static void WhyRss(HeapScript script, HeapReplayOptions options, long position, Answer answer)
    {
        HeapWhyRss why = HeapWhyRssBuilder.Build(script, options, position, Costs());
        answer.Write(() => HeapReportJson.Write(why), ansi => HeapWhyRssText.Write(why, ansi));
    }

    private static void Look(HeapScript script, HeapReplayOptions options, long position, bool map, Answer answer)
    {
        using var replayer = HeapReplayer.Create(script, options);
        replayer.AdvanceTo(position);
        if (!map)
        {
            answer.WriteText(replayer.MallocInfo());
            return;
        }

        HeapMap drawn = HeapMapBuilder.Build(replayer);
        answer.Write(() => HeapReportJson.Write(drawn), ansi => HeapMapText.Write(drawn, ansi));
    }

    private static string[] Releases(string? names) =>
        [.. (names ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Release)];

    private static string Release(string name)
    {
        if (name.StartsWith("alpine", StringComparison.Ordinal) || name.StartsWith("musl", StringComparison.Ordinal))
            throw new UserException($"{name}: Alpine's libc is musl, whose malloc is not modelled");
        return DistributionPreset.Resolve(name) ?? throw new UserException(
            $"{name}: a release of glibc was expected: {string.Join(", ", AllocatorModels.Releases)}; or {string.Join(", ", DistributionPreset.All.Select(preset => preset.Name))}");
    }

    // The end, a call's number, or the peak, which a replay has to find first.
    private static long Position(HeapScript script, HeapReplayOptions options, string? at)
    {
        if (at is null)
            return script.Count;
        if (at == "peak")
        {
            using var replayer = HeapReplayer.Create(script, options);
            replayer.Run();
            return replayer.Totals.PeakResidentStep;
        }

        if (!long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out long call) || call < 1)
            throw new UserException($"--at {at}: a call's number from 1, or peak, was expected");
        if (call > script.Calls)
            throw new UserException($"--at {at}: the recording has {script.Calls} calls");
        return script.StepOfCall(call) + 1;
    }

    private static List<KeyValuePair<string, IReadOnlyList<string>>> Axes(string[] settings)
    {
        var axes = new List<KeyValuePair<string, IReadOnlyList<string>>>();
        foreach (string setting in settings)
        {
            int equals = setting.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
                throw new UserException($"--what-if {setting}: NAME=VALUE,VALUE… was expected, such as arena_max=1,2,8");
            string name = setting[..equals];
            if (name.StartsWith("glibc.malloc.", StringComparison.Ordinal))
                name = name["glibc.malloc.".Length..];
            string[] values = setting[(equals + 1)..].Split(',');
            foreach (string value in values)
            {
                if (HeapTunablesText.Fault(name, value) is { } fault)
                    throw new UserException($"--what-if {fault}");
            }

            if (axes.Exists(axis => axis.Key == name))
                throw new UserException($"--what-if {name}: given twice; put all its values in one");
            axes.Add(KeyValuePair.Create(name, (IReadOnlyList<string>)values));
        }

        return axes;
    }

    private static CostTable Costs() => CpuPreset.Find(new MachineSpec().Cpu)!.Costs;

    /// <summary>Where a report goes, and in which form.</summary>
    private sealed class Answer(CommandConsole console, bool json, string? output)
    {
        public void Write(Func<string> asJson, Action<IAnsiConsole> asText)
        {
            if (json)
            {
                WriteText(asJson());
            }
            else if (output is null)
            {
                asText(console.Ansi);
            }
            else
            {
                var text = new StringWriter { NewLine = "\n" };
                asText(new CommandConsole(text, console.Error, isTerminal: false, isErrorTerminal: false).Ansi);
                WriteText(text.ToString());
            }
        }

        public void WriteText(string text)
        {
            if (output is null)
                console.Out.Write(text);
            else
                OutputFile.Write(output, text);
        }
    }
}
