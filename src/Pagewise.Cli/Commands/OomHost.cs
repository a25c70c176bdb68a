using System.Globalization;
using Pagewise.Abi;
using Pagewise.Cli.Terminal;
using Pagewise.Procfs;
using Pagewise.Replay.Oom;

namespace Pagewise.Cli.Commands;

/// <summary>A host as <c>pagewise oom</c> reads it: this one, a saved /proc, or a directory that sosreport made.</summary>
/// <param name="Proc">Where its /proc lies.</param>
/// <param name="Processes">Its processes.</param>
/// <param name="Memory">/proc/meminfo.</param>
/// <param name="Zones">/proc/zoneinfo; null: it was not saved.</param>
/// <param name="Kernel">Its release.</param>
/// <param name="Swappiness">vm.swappiness.</param>
/// <param name="Source">What it is, for people.</param>
internal sealed record OomHost(string Proc, IReadOnlyList<HostProcess> Processes, Meminfo Memory, Zoneinfo? Zones, KernelVersion Kernel, int Swappiness, string Source)
{
    /// <summary>This host's /proc.</summary>
    public const string Live = "/proc";

    private const int UsualSwappiness = 60;

    /// <summary>The directory that holds meminfo: the one named, or proc/ in it as sosreport and "cp -r --parents" save it.</summary>
    public static string Find(string directory)
    {
        if (!Directory.Exists(directory))
            throw new UserException($"{directory}: there is no such directory");
        string inside = Path.Combine(directory, "proc");
        return !File.Exists(Path.Combine(directory, Meminfo.FileName)) && File.Exists(Path.Combine(inside, Meminfo.FileName)) ? inside : directory;
    }

    /// <summary>Reads it.</summary>
    public static OomHost Read(string proc)
    {
        try
        {
            Meminfo memory = Meminfo.Parse(ReadText(proc, Meminfo.FileName) ?? throw new UserException($"{proc}: has no meminfo: it is no /proc, and no directory with one in it"));
            string? release = ReadText(proc, "sys/kernel/osrelease");
            KernelVersion kernel = release is not null && KernelVersion.TryParse(release.Trim(), out KernelVersion version) ? version : ReportedOom.AssumedKernel;
            Zoneinfo? zones = ReadText(proc, Zoneinfo.FileName) is { Length: > 0 } text ? Zoneinfo.Parse(text) : null;
            int swappiness = int.TryParse(ReadText(proc, "sys/vm/swappiness")?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : UsualSwappiness;
            // Who asks is gone when the answer is read.
            IReadOnlyList<HostProcess> processes = [.. HostProcesses.Read(proc).Where(process => proc != Live || process.Candidate.Pid != Environment.ProcessId)];
            string how = "";
            if (processes.Count == 0 && Listing(proc) is { } listing)
            {
                processes = PsListing.Parse(listing);
                how = " as ps lists them: without swap, page tables and oom_score_adj";
            }

            string source = $"{(proc == Live ? "this host" : proc)}, Linux {kernel}, {processes.Count} processes{how}";
            return new OomHost(proc, processes, memory, zones, kernel, swappiness, source);
        }
        catch (ProcfsException exception)
        {
            throw new UserException($"{Path.Combine(proc, exception.Message)}");
        }
    }

    // sosreport keeps ps's output, and of /proc/PID only what its plugins name.
    private static string? Listing(string proc)
    {
        foreach (string name in (string[])["../ps", "../sos_commands/process/ps_auxwwwm", "../sos_commands/process/ps_auxwww", "../sos_commands/process/ps_aux"])
        {
            if (ReadText(proc, name) is { Length: > 0 } text)
                return text;
        }

        return null;
    }

    private static string? ReadText(string proc, string name)
    {
        string file = Path.Combine(proc, name);
        try
        {
            return File.Exists(file) ? File.ReadAllText(file) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
