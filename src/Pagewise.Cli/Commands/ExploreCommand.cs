using System.CommandLine;
using System.Text.Json;
using Pagewise.Cli.Terminal;
using Pagewise.Explorer;
using Pagewise.Kernel;
using Pagewise.Replay;
using Pagewise.Replay.Heap;
using Pagewise.Replay.Machines;
using Pagewise.Reports.RunFiles;
using Pagewise.Workloads;

namespace Pagewise.Cli.Commands;

/// <summary><c>pagewise explore RUN.db</c>: the views of a report, live in the browser: any event, any address.</summary>
internal static class ExploreCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console)
    {
        var file = new Argument<string>("run file") { Description = "The run file, as pagewise run -o run.db writes it." };
        var recording = new Option<string?>("--recording") { Description = "The recording, where it no longer lies where the run had it.", HelpName = "FILE" };
        var port = new Option<int>("--port") { Description = "The port on 127.0.0.1; default: any that is free.", HelpName = "PORT" };
        var command = new Command("explore", "Look at a run in the browser: step, seek, inspect.") { file, recording, port };
        command.SetAction(async (parsed, cancellation) =>
        {
            int wanted = parsed.GetValue(port);
            if (wanted is < 0 or > 65535)
                throw new UserException($"--port {wanted}: a port from 1 to 65535 was expected");
            RunFileReader reader = RunFileReader.Open(parsed.GetValue(file)!);
            ReplaySession? session = SessionOf(reader, parsed.GetValue(recording), console);
            await using ExplorerServer server = await ExplorerServer.Start(reader, session, wanted, cancellation);
            console.Out.WriteLine(server.Url);
            console.Out.Flush();
            await server.WaitForShutdown(cancellation);
            return ExitCode.Done;
        });
        return command;
    }

    // Without the very recording the views show what the run file kept.
    private static ReplaySession? SessionOf(RunFileReader reader, string? place, CommandConsole console)
    {
        IReadOnlyDictionary<string, string> meta = reader.Meta();
        string recording = place ?? meta.GetValueOrDefault("recording", "");
        if (recording is "" or "-" || !File.Exists(recording) || RecordingHash.Of(recording) != meta.GetValueOrDefault("recording_sha256"))
        {
            if (place is not null)
                throw new UserException($"{place}: not the recording of {reader.File}");
            console.Error.WriteLine($"pagewise: {recording} is not there, or not as it was: stepping is not possible, what the run file kept is shown");
            return null;
        }

        IReadOnlyDictionary<string, string> documents = reader.Documents();
        string[] settings = JsonSerializer.Deserialize<string[]>(meta.GetValueOrDefault("settings", "[]")) ?? [];
        TouchAssumption touch = Enum.TryParse(meta.GetValueOrDefault("touch"), ignoreCase: true, out TouchAssumption known) ? known : TouchAssumption.None;
        return new ReplaySession(Begin);

        (RecordingReader, Replayer) Begin()
        {
            RecordingReader opened = RecordingReader.Open(recording);
            var options = new ReplayOptions { Mode = ReplayMode.Free, Touch = touch, Configure = Configure, DifferenceLimit = 0 };
            return (opened, new Replayer(opened, options) { HeapPlayer = new TaskHeap(recording, touch) });
        }

        MachineSpec Configure(MachineSpec spec)
        {
            if (documents.TryGetValue("machine_file", out string? text))
                spec = MachineFile.Apply(spec, "the run file's machine", text);
            return MachineOptions.Change(spec, ulong.TryParse(meta.GetValueOrDefault("seed"), out ulong seed) ? seed : null, settings);
        }
    }
}
