using System.Globalization;
using System.Text;
using Pagewise.Kernel.Oom;

namespace Pagewise.Procfs;

/// <summary>
/// All processes of a host, read from /proc or from a saved tree of it. Processes that end while it reads are left out;
/// nothing needs more rights than /proc gives everybody.
/// </summary>
public sealed class HostProcesses
{
    /// <summary>The most that is read of one file: status has a few KiB.</summary>
    private const int FileLimit = 64 << 10;

    private readonly string _proc;
    private readonly byte[] _buffer = new byte[FileLimit];

    private HostProcesses(string proc) => _proc = proc;

    /// <summary>Reads the processes, by PID: the order in which the kernel finds them, so long as PIDs have not begun again from below.</summary>
    /// <param name="proc">/proc, or the directory that it was saved in.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    public static IReadOnlyList<HostProcess> Read(string proc) => new HostProcesses(proc).Read();

    private List<HostProcess> Read()
    {
        var pids = new List<int>();
        foreach (string directory in Directory.EnumerateDirectories(_proc))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid > 0)
                pids.Add(pid);
        }

        pids.Sort();
        // In a PID namespace of its own, process 1 is an ordinary one: only the first namespace has kthreadd.
        bool hasInit = ReadFile("2/status") is { } kthreadd && Field(kthreadd, "PPid:") == 0;
        var processes = new List<HostProcess>(pids.Count);
        foreach (int pid in pids)
        {
            if (Process(pid, hasInit && pid == 1) is { } process)
                processes.Add(process);
        }

        return processes;
    }

    private HostProcess? Process(int pid, bool isInit)
    {
        string directory = pid.ToString(CultureInfo.InvariantCulture);
        if (ReadFile(directory + "/status") is not { } status || Name(status) is not { } comm)
            return null;
        long? adj = ReadFile(directory + "/oom_score_adj") is { } text && long.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;
        if (adj is < OomBadness.ScoreAdjMin or > OomBadness.ScoreAdjMax)
            throw new ProcfsException(Path.Combine(directory, "oom_score_adj"), 1, 1, "expected a number from -1000 to 1000");
        int? score = ReadFile(directory + "/oom_score") is { } shown && int.TryParse(shown.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : null;
        bool hasMemory = status.Contains("\nVmRSS:", StringComparison.Ordinal);
        var candidate = new OomCandidate(
            pid, comm, Field(status, "VmRSS:") >> 2, Field(status, "VmSwap:") >> 2, Field(status, "VmPTE:") >> 2, (int)(adj ?? 0))
        {
            Exempt = isInit ? "init" : hasMemory ? null : "no memory of its own",
            IsRoot = HasSysAdmin(status),
        };
        return new HostProcess(candidate, score, Field(status, "RssAnon:"), Cgroup(directory));
    }

    private string? Cgroup(string directory)
    {
        if (ReadFile(directory + "/cgroup") is not { } text)
            return null;
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith("0::", StringComparison.Ordinal))
                return line[3..];
        }

        return null;
    }

    private static string? Name(string status)
    {
        int end = status.IndexOf('\n', StringComparison.Ordinal);
        return status.StartsWith("Name:\t", StringComparison.Ordinal) && end > 0 ? status[6..end] : null;
    }

    private static bool HasSysAdmin(string status)
    {
        const int sysAdmin = 21;
        int at = status.IndexOf("\nCapEff:", StringComparison.Ordinal);
        if (at < 0)
            return false;
        ReadOnlySpan<char> digits = status.AsSpan(at + 8).TrimStart();
        int end = digits.IndexOf('\n');
        return ulong.TryParse(end < 0 ? digits : digits[..end], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong caps) && ((caps >> sysAdmin) & 1) != 0;
    }

    /// <summary>A number of a status file; 0 when it is not there: kernel threads have no memory.</summary>
    private static long Field(string status, string name)
    {
        int at = status.IndexOf("\n" + name, StringComparison.Ordinal);
        if (at < 0)
            return 0;
        ReadOnlySpan<char> digits = status.AsSpan(at + 1 + name.Length).TrimStart();
        int end = digits.IndexOfAnyExceptInRange('0', '9');
        return long.TryParse(end < 0 ? digits : digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value < 1L << 52 ? value : 0;
    }

    /// <summary>A file's text; null when it is not there any more, or may not be read.</summary>
    private string? ReadFile(string name)
    {
        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(Path.Combine(_proc, name));
            int length = 0, read;
            while (length < _buffer.Length && (read = RandomAccess.Read(file, _buffer.AsSpan(length), length)) > 0)
                length += read;
            return Encoding.UTF8.GetString(_buffer, 0, length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return null;
        }
    }
}
