using System.CommandLine;
using System.Globalization;
using Pagewise.Cli.Terminal;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Replay;
using Pagewise.Reports.Explain;
using Pagewise.Workloads;

namespace Pagewise.Cli.Commands;

/// <summary><c>pagewise explain ADDRESS --in FILE</c>: one address, from its area to the TLB entry.</summary>
internal static class ExplainCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console)
    {
        var address = new Argument<string>("address") { Description = "The address, such as 0x7ffff7fc0000." };
        var file = new Option<string>("--in") { Description = "The recording; - is standard input.", HelpName = "FILE", Required = true };
        var line = new Option<long>("--at")
        {
            Description = "Stop after this line of the recording. Without it each address space is looked at as it ends.",
            HelpName = "LINE",
            DefaultValueFactory = _ => 0,
        };
        var pid = new Option<int?>("--pid") { Description = "Only this process.", HelpName = "PID" };
        var touch = new Option<TouchAssumption>("--touch")
        {
            Description = "What a program without recorded accesses is assumed to do with its memory.",
            HelpName = "none|first|write|all",
            DefaultValueFactory = _ => TouchAssumption.First,
        };
        var machine = new MachineOptions();
        var command = new Command("explain", "Explain one address: area, walk level by level, frame, TLB entry, who else maps it.")
        {
            address, file, line, pid, touch,
        };
        machine.AddTo(command);
        command.SetAction(parsed =>
        {
            var options = new ReplayOptions { Touch = parsed.GetValue(touch), Configure = machine.Configure(parsed), DifferenceLimit = 0 };
            Explain(console, Parse(parsed.GetValue(address)!), parsed.GetValue(file)!, parsed.GetValue(line), parsed.GetValue(pid), options);
            return ExitCode.Done;
        });
        return command;
    }

    private static ulong Parse(string text)
    {
        string digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
        return ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong address)
            ? address
            : throw new UserException($"{text}: expected an address in hexadecimal, such as 0x7ffff7fc0000");
    }

    private static void Explain(CommandConsole console, ulong address, string file, long line, int? pid, ReplayOptions options)
    {
        using RecordingReader reader = RecordingReader.Open(file);
        using var replayer = new Replayer(reader, options);
        var watcher = new Watcher(console, address, pid);
        if (line > 0)
        {
            replayer.Run(line);
            watcher.LookAtAll(replayer);
        }
        else
        {
            replayer.Observer = watcher;
            replayer.Run();
        }

        watcher.Finish();
    }

    private sealed class Watcher(CommandConsole console, ulong address, int? pid) : IReplayObserver
    {
        private readonly HashSet<int> _seen = [];
        private Action? _unmapped;
        private bool _found;

        public void BatchDone(Replayer replayer)
        {
        }

        public void SpaceEnding(Replayer replayer, ReplayTask task) => Look(replayer, task, $"as its program ends (line {replayer.Line})");

        public void LookAtAll(Replayer replayer)
        {
            foreach (ReplayTask task in replayer.Tasks.Values)
            {
                if (task.Task != 0 && !task.IsPassedOver && _seen.Add(replayer.Machine.Tasks.Tasks[task.Task].Mm))
                    Look(replayer, task, $"after line {replayer.Line}");
            }
        }

        // Where no address space has the address, the last hole that was seen is explained.
        public void Finish()
        {
            if (_found)
                return;
            if (_unmapped is null)
                throw new UserException(pid is null ? "no program runs at that line" : $"no process {pid} runs at that line");
            _unmapped();
        }

        private void Look(Replayer replayer, ReplayTask task, string moment)
        {
            Machine machine = replayer.Machine;
            if (pid is not null && machine.Tasks.Tasks[task.Task].Tgid != pid)
                return;
            ulong modelled = task.Space.Addresses.Translate(address);
            if (!IsMapped(machine, machine.Tasks.Tasks[task.Task].Mm, modelled))
            {
                var text = new StringWriter();
                AddressExplanation.Write(machine, task.Task, modelled, moment,
                    new CommandConsole(text, text, isTerminal: false, isErrorTerminal: false).Ansi);
                _unmapped = () => console.Out.Write(text);
                return;
            }

            if (_found)
                console.Out.WriteLine();
            _found = true;
            if (modelled != address)
                console.Out.WriteLine($"0x{address:x} of the recording lies at 0x{modelled:x} in this machine.");
            AddressExplanation.Write(machine, task.Task, modelled, moment, console.Ansi);
        }

        private static bool IsMapped(Machine machine, int mm, ulong at)
        {
            for (int vma = machine.AddressSpaces.Mms[mm].Mmap; vma != 0; vma = machine.AddressSpaces.Vmas[vma].Next)
            {
                ref VmArea area = ref machine.AddressSpaces.Vmas[vma];
                if (area.Start <= at && at < area.End)
                    return true;
            }

            return false;
        }
    }
}
