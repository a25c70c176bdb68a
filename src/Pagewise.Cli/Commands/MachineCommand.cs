using System.CommandLine;
using Pagewise.Cli.Terminal;
using Pagewise.Kernel;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Replay.Machines;
using Pagewise.Replay.Recorded;
using Pagewise.Reports.Machines;

namespace Pagewise.Cli.Commands;

/// <summary><c>pagewise machine</c>: machines themselves: what one has, what sysctls make of it, this host as a machine file.</summary>
internal static class MachineCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console) =>
        new("machine", "Show a machine's memory, its watermarks, or capture a host as a machine file.")
        {
            Show(console),
            Watermarks(console),
            Capture(console),
            Schema(console),
        };

    private static Command Show(CommandConsole console)
    {
        (Argument<string?> file, Option<string?> option, Option<string[]> settings) = Machine();
        var command = new Command("show", "Nodes, zones, watermarks, reserves and free blocks of a machine at its start.") { file, option, settings };
        command.SetAction(parsed =>
        {
            using Machine machine = Start(Spec(parsed.GetValue(file) ?? parsed.GetValue(option), parsed.GetValue(settings)));
            console.Out.Write(ZoneReport.Show(machine));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Watermarks(CommandConsole console)
    {
        (Argument<string?> file, Option<string?> option, Option<string[]> settings) = Machine();
        var command = new Command("watermarks", "Watermarks, lowmem reserves and per-CPU list sizes of every zone.") { file, option, settings };
        command.SetAction(parsed =>
        {
            using Machine machine = Start(Spec(parsed.GetValue(file) ?? parsed.GetValue(option), parsed.GetValue(settings)));
            console.Out.Write(ZoneReport.Watermarks(machine.Zones));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Capture(CommandConsole console)
    {
        var output = new Option<string?>("-o", "--output") { Description = "Write the machine file there.", HelpName = "FILE" };
        var proc = new Option<string>("--proc") { Description = "A saved /proc tree.", HelpName = "DIR", DefaultValueFactory = _ => "/proc" };
        var sys = new Option<string?>("--sys") { Description = "A saved /sys tree; with --proc, none unless given.", HelpName = "DIR" };
        var command = new Command("capture", "This host, or a saved /proc, as a machine file.") { output, proc, sys };
        command.SetAction(parsed =>
        {
            string from = parsed.GetValue(proc)!;
            string text = new MachineCapture(from, parsed.GetValue(sys) ?? (from == "/proc" ? "/sys" : Path.Combine(from, "..", "sys"))).Text();
            if (parsed.GetValue(output) is { } path)
                OutputFile.Write(path, text);
            else
                console.Out.Write(text);
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Schema(CommandConsole console)
    {
        var command = new Command("schema", "The JSON schema of machine files, for editors.");
        command.SetAction(_ =>
        {
            console.Out.Write(MachineSchema.Text());
            return ExitCode.Done;
        });
        return command;
    }

    private static (Argument<string?> File, Option<string?> Option, Option<string[]> Settings) Machine() =>
    (
        new Argument<string?>("machine") { Description = "Machine file (YAML).", Arity = ArgumentArity.ZeroOrOne },
        new Option<string?>("--machine") { Description = "The same, as other commands take it.", HelpName = "FILE" },
        new Option<string[]>("--set")
        {
            Description = "One setting, such as vm.min_free_kbytes=65536 or memory=512MiB; may be repeated.",
            HelpName = "KEY=VALUE",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        });

    private static MachineSpec Spec(string? file, string[]? settings)
    {
        var spec = new MachineSpec();
        if (file is not null)
            spec = MachineFile.Apply(spec, file);
        foreach (string setting in settings ?? [])
            spec = MachineSetting.Set(spec, setting);
        return spec;
    }

    private static Machine Start(MachineSpec spec)
    {
        try
        {
            return Kernel.Machine.Create(spec);
        }
        catch (ArgumentException exception)
        {
            throw new ReplayException($"no such machine can be: {exception.Message.ReplaceLineEndings(" ")}");
        }
    }
}
