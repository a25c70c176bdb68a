using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Pagewise.Workloads;

/// <summary>Finds and starts the tools that recorders stand on.</summary>
internal static class RecorderTools
{
    /// <summary>The path of a tool in PATH.</summary>
    /// <exception cref="RecorderException">It is not installed.</exception>
    public static string Find(string tool, string package) =>
        FindInPath(tool) ?? throw new RecorderException($"record needs {tool}: install the package {package}");

    /// <summary>The path of a tool in PATH, where it is installed.</summary>
    public static bool TryFind(string tool, [NotNullWhen(true)] out string? path) => (path = FindInPath(tool)) is not null;

    /// <summary>The path of the program to record.</summary>
    /// <exception cref="RecorderException">There is none.</exception>
    public static string FindProgram(RecorderOptions options)
    {
        string program = options.Program;
        if (!program.Contains('/', StringComparison.Ordinal))
            return FindInPath(program) ?? throw new RecorderException($"{program}: no such program in PATH");
        string path = Path.GetFullPath(program, Path.GetFullPath(options.WorkingDirectory ?? "."));
        return IsExecutable(path) ? path : throw new RecorderException($"{program}: no such program, or it is not executable");
    }

    /// <summary>Starts a tool that shares this process's standard input, output and error.</summary>
    public static Process Start(string tool, IEnumerable<string> arguments, RecorderOptions options)
    {
        var start = new ProcessStartInfo(tool, arguments) { UseShellExecute = false };
        if (options.WorkingDirectory is not null)
            start.WorkingDirectory = options.WorkingDirectory;
        try
        {
            return Process.Start(start) ?? throw new RecorderException($"{tool}: cannot be started");
        }
        catch (Win32Exception fault)
        {
            throw new RecorderException($"{tool}: cannot be started: {fault.Message}", fault);
        }
    }

    /// <summary>The first line that a tool prints, such as its version; empty when it prints none.</summary>
    public static string FirstLine(string tool, params string[] arguments)
    {
        using Process? process = Process.Start(new ProcessStartInfo(tool, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true });
        string output = process?.StandardOutput.ReadToEnd() ?? "";
        process?.WaitForExit();
        return output.Split('\n')[0].Trim();
    }

    /// <summary>The two header lines of a recording.</summary>
    public static IEnumerable<string> Header(string program, RecorderOptions options, string recorder)
    {
        string randomisation = options.KeepRandomisation
            ? $"randomize_va_space {ReadSetting("/proc/sys/kernel/randomize_va_space")}"
            : "ASLR off (setarch -R)";
        yield return $"# vm log 1: {string.Join(' ', options.Arguments.Prepend(program))}";
        yield return $"# kernel {ReadSetting("/proc/sys/kernel/osrelease")}; {recorder}; {randomisation}; " +
            $"THP {ReadSetting("/sys/kernel/mm/transparent_hugepage/enabled")}; overcommit_memory {ReadSetting("/proc/sys/vm/overcommit_memory")}";
    }

    private static string ReadSetting(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return "unknown";
        }
    }

    private static string? FindInPath(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(IsExecutable);

    private static bool IsExecutable(string path)
    {
        const UnixFileMode Execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & Execute) != 0);
    }
}
