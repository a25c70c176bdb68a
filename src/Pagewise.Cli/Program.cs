using System.CommandLine;
using Pagewise.Cli.Commands;
using Pagewise.Cli.Terminal;
using Pagewise.NativeMemory;
using Pagewise.Replay;
using Pagewise.Replay.Machines;
using Pagewise.Replay.Recorded;
using Pagewise.Reports.RunFiles;
using Pagewise.Workloads;

namespace Pagewise.Cli;

/// <summary>The <c>pagewise</c> command.</summary>
public static class Program
{
    private static int Main(string[] args) => Run(args, new CommandConsole(Console.Out, Console.Error));

    /// <summary>Runs a command line.</summary>
    /// <param name="args">The words after "pagewise".</param>
    /// <param name="console">Where it writes.</param>
    /// <returns>The exit status: 0 done, 1 recorded results differ, 2 could not run.</returns>
    public static int Run(string[] args, CommandConsole console)
    {
        var root = new RootCommand("Linux's memory management in user space: runs recorded programs on a modelled machine.")
        {
            RunCommand.Create(console),
            SweepCommand.Create(console),
            CompareCommand.Create(console),
            ExportCommand.Create(console),
            CheckCommand.Create(console),
            ExplainCommand.Create(console),
            ReportCommand.Create(console),
            ExploreCommand.Create(console),
            RecordCommand.Create(console),
            HeapCommand.Create(console),
            MachineCommand.Create(console),
            OomCommand.Create(console),
        };
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
            return Fail(console, parsed.Errors[0].Message);
        try
        {
            return parsed.Invoke(new InvocationConfiguration { Output = console.Out, Error = console.Error, EnableDefaultExceptionHandler = false });
        }
        catch (Exception exception) when (exception is RecordingException or RecorderException or ReplayException or MachineFileException or RunFileException or UserException)
        {
            return Fail(console, exception.Message);
        }
        catch (HostMemoryException exception)
        {
            return Fail(console, $"this host has too little memory for that machine: {exception.Message}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Fail(console, exception.Message);
        }
    }

    private static int Fail(CommandConsole console, string message)
    {
        console.Out.Flush();
        int end = message.IndexOf('\n', StringComparison.Ordinal);
        console.Error.WriteLine("pagewise: " + (end < 0 ? message : message[..end].TrimEnd('\r')));
        return ExitCode.CouldNotRun;
    }
}
