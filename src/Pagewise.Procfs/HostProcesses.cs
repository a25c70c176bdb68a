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
        bool hasInit = Status("2", new byte[FileLimit]) is { } kthreadd && kthreadd["PPid"] == "0";
        var processes = new HostProcess?[pids.Count];
        // Most of the time is the kernel's, which writes each file as it is read, and does so for each CPU at once.
        Parallel.For(
            0,
            pids.Count,
            () => new byte[FileLimit],
            (i, _, buffer) =>
            {
                processes[i] = Process(pids[i], hasInit && pids[i] == 1, buffer);
                return buffer;
            },
            _ => { });
        return [.. processes.OfType<HostProcess>()];
    }

    private HostProcess? Process(int pid, bool isInit, byte[] buffer)
    {
        string directory = pid.ToString(CultureInfo.InvariantCulture);
        if (Status(directory, buffer) is not { } status || status["Name"] is not { } comm)
            return null;
        int adj = ReadFile(directory + "/" + OomScoreAdj.FileName, buffer) is { Length: > 0 } adjustment ? OomScoreAdj.Parse(adjustment).Value : 0;
        int? score = ReadFile(directory + "/" + OomScore.FileName, buffer) is { Length: > 0 } shown ? OomScore.Parse(shown).Value : null;
        StatusVm vm = status.Vm;
        var candidate = new OomCandidate(pid, comm, (long)(vm.VmRss >> 2), (long)(vm.VmSwap >> 2), (long)(vm.VmPte >> 2), adj)
        {
            Exempt = isInit ? "init" : status["VmRSS"] is null ? "no memory of its own" : null,
            IsRoot = HasSysAdmin(status),
        };
        return new HostProcess(candidate, score, Kib(status["RssAnon"]), Cgroup(directory, buffer));
    }

    /// <summary>A process's status; null when it has ended.</summary>
    private StatusFile? Status(string directory, byte[] buffer) =>
        ReadFile(directory + "/" + StatusFile.FileName, buffer) is { Length: > 0 } text ? StatusFile.Parse(text) : null;

    private string? Cgroup(string directory, byte[] buffer)
    {
        if (ReadFile(directory + "/cgroup", buffer) is not { } text)
            return null;
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith("0::", StringComparison.Ordinal))
                return line[3..];
        }

        return null;
    }

    private static bool HasSysAdmin(StatusFile status)
    {
        const int sysAdmin = 21;
        return ulong.TryParse(status["CapEff"], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong caps) && ((caps >> sysAdmin) & 1) != 0;
    }

    /// <summary>"400 kB"; 0 without the field: kernel threads have no memory.</summary>
    private static long Kib(string? text) =>
        text is not null && long.TryParse(text.AsSpan().TrimEnd("kB ".AsSpan()), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out long value) ? value : 0;

    /// <summary>A file's text; null when it is not there any more, or may not be read.</summary>
    private string? ReadFile(string name, byte[] buffer)
    {
        string path = Path.Combine(_proc, name);
        // A saved tree lacks some files of each process: to look first costs a tenth of an exception.
        if (!File.Exists(path))
            return null;
        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path);
            int length = 0, read;
            while (length < buffer.Length && (read = RandomAccess.Read(file, buffer.AsSpan(length), length)) > 0)
                length += read;
            return Encoding.UTF8.GetString(buffer, 0, length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return null;
        }
    }
}
