using System.Globalization;
using System.Runtime.InteropServices;

namespace Pagewise.Conformance.Tests;

/// <summary>The machine that runs the tests, as far as the comparison with the model depends on it.</summary>
internal static class LiveMachine
{
    /// <summary>A folder on ext4 to work in: the placement of file maps depends on the file system.</summary>
    public static string Scratch { get; } = FindScratch();

    /// <summary>Why this machine cannot be compared with the model, each reason in full; empty when it can.</summary>
    public static IReadOnlyList<string> Obstacles { get; } = [.. FindObstacles()];

    /// <summary>The header line of a recording made here.</summary>
    public static string Header()
    {
        bool isRoot = Environment.IsPrivilegedProcess;
        string thp = ReadLine("/sys/kernel/mm/transparent_hugepage/enabled");
        return $"# vmfuzz; kernel {ReadLine("/proc/sys/kernel/osrelease").Split('-')[0]}; ASLR off; uid {(isRoot ? "0 unless opts has u" : "1000")}; "
            + $"CAP_IPC_LOCK {(isRoot ? "yes" : "no")}; THP {thp}; overcommit {ReadLine("/proc/sys/vm/overcommit_memory")}; "
            + $"RAM {PresentKib()} KiB; swap {MemInfoKib("SwapTotal:")} KiB; read_ahead_kb {ReadAheadKb()}; "
            + "fds: 3 log, 4 ro file 5 MiB ext4 in 64 KiB writes, 5 rw file 5 MiB ext4 in 64 KiB writes";
    }

    private static IEnumerable<string> FindObstacles()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture != Architecture.X64)
        {
            yield return $"this is {RuntimeInformation.OSDescription} on {RuntimeInformation.OSArchitecture}; the comparison needs Linux on x86-64";
            yield break;
        }

        string release = ReadLine("/proc/sys/kernel/osrelease");
        if (!release.StartsWith("6.18.", StringComparison.Ordinal))
            yield return $"the live kernel is {release}; the model is compared with 6.18";
        foreach ((string file, string want) in new[]
                 {
                     ("/proc/sys/vm/overcommit_memory", "0"),
                     ("/proc/sys/vm/max_map_count", "65530"),
                     ("/proc/sys/vm/mmap_min_addr", "4096"),
                     ("/proc/sys/vm/nr_hugepages", "0"),
                     ("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never"),
                     ("/sys/kernel/mm/transparent_hugepage/shmem_enabled", "always within_size advise [never] deny force"),
                 })
        {
            if (ReadLine(file) is var found && found != want)
                yield return $"{file} is '{found}'; the comparison needs '{want}'";
        }

        if (Scratch.Length == 0)
            yield return $"neither {Path.GetTempPath()} nor {AppContext.BaseDirectory} is on ext4; the comparison needs ext4";
        if (FindProgram("cc") is null)
            yield return "there is no C compiler 'cc' on PATH; the comparison builds native/vmfuzz.c (Debian: apt-get install gcc)";
        if (FindProgram("setarch") is null)
            yield return "there is no 'setarch' on PATH; the comparison needs it to switch address randomisation off (util-linux)";
    }

    private static string FindScratch()
    {
        string? parent = new[] { Path.GetTempPath(), AppContext.BaseDirectory }.FirstOrDefault(folder => MountFormat(folder) == "ext4");
        if (parent is null)
            return "";
        string scratch = Directory.CreateDirectory(Path.Combine(parent, $"pagewise-conformance-{Environment.ProcessId}")).FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(scratch, recursive: true);
        return scratch;
    }

    private static string MountFormat(string path)
    {
        string best = "", format = "";
        foreach (string line in File.Exists("/proc/self/mounts") ? File.ReadLines("/proc/self/mounts") : [])
        {
            string[] fields = line.Split(' ');
            if (path.StartsWith(fields[1], StringComparison.Ordinal) && fields[1].Length >= best.Length)
                (best, format) = (fields[1], fields[2]);
        }

        return format;
    }

    // What is installed; MemTotal is what boot has left of it, which the model works out itself.
    private static long PresentKib() =>
        File.ReadLines("/proc/zoneinfo").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words[0] == "present").Sum(words => long.Parse(words[1], CultureInfo.InvariantCulture)) * 4;

    // The setting of the device that Scratch is on, which mountinfo names by its numbers.
    private static string ReadAheadKb()
    {
        string best = "", device = "";
        foreach (string line in File.ReadLines("/proc/self/mountinfo"))
        {
            string[] fields = line.Split(' ');
            if (Scratch.StartsWith(fields[4], StringComparison.Ordinal) && fields[4].Length >= best.Length)
                (best, device) = (fields[4], fields[2]);
        }

        return ReadLine($"/sys/class/bdi/{device}/read_ahead_kb");
    }

    private static string MemInfoKib(string field) =>
        File.ReadLines("/proc/meminfo").First(line => line.StartsWith(field, StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];

    private static string? FindProgram(string name) =>
        Environment.GetEnvironmentVariable("PATH")?.Split(':').Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static string ReadLine(string file) => File.Exists(file) ? File.ReadLines(file).FirstOrDefault("") : "absent";
}
