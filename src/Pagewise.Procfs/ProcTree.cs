using System.Globalization;
using System.Text;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Procfs;

/// <summary>A modelled machine's /proc, as files.</summary>
public static class ProcTree
{
    private const long TicksPerNanosecond = 10_000_000;

    /// <summary>The files: path under /proc and text. Processes that have exited are not among them.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Files(Machine machine)
    {
        yield return File(Meminfo.FileName, Meminfo.Of(machine));
        yield return File(Vmstat.FileName, Vmstat.Of(machine));
        yield return File(Zoneinfo.FileName, LiveZones.Zoneinfo(machine));
        yield return File(Buddyinfo.FileName, LiveZones.Buddyinfo(machine));
        yield return File(Pagetypeinfo.FileName, LiveZones.Pagetypeinfo(machine));
        yield return File(Swaps.FileName, Swaps.Of(machine));
        yield return File("stat", Stat(machine));
        yield return File("sys/kernel/osrelease", $"{machine.Spec.Kernel}.0\n");
        for (int task = 1; task < machine.Tasks.Tasks.HighWater; task++)
        {
            TaskStruct leader = machine.Tasks.Tasks[task];
            if (leader.GroupLeader != task || leader.HasExited || leader.Mm == 0)
                continue;
            foreach (KeyValuePair<string, string> file in Process(machine, task))
                yield return KeyValuePair.Create(string.Create(CultureInfo.InvariantCulture, $"{leader.Tgid}/{file.Key}"), file.Value);
        }
    }

    /// <summary>Writes the files into a directory, which is made where missing.</summary>
    public static void Write(Machine machine, string directory)
    {
        foreach ((string path, string text) in Files(machine))
        {
            string file = Path.Combine(directory, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            System.IO.File.WriteAllText(file, text);
        }
    }

    private static KeyValuePair<string, string> File(string path, object content) => KeyValuePair.Create(path, content.ToString()!);

    private static IEnumerable<KeyValuePair<string, string>> Process(Machine machine, int task)
    {
        TaskStruct leader = machine.Tasks.Tasks[task];
        string comm = machine.Tasks.CommOf(task);
        int parent = leader.Parent == 0 ? 0 : machine.Tasks.Tasks[leader.Parent].Tgid;
        var limits = new SortedDictionary<RlimitResource, Rlimit>();
        for (int resource = 0; resource < 16; resource++)
            limits[(RlimitResource)resource] = leader.Limits[resource];
        var maps = new StringBuilder();
        foreach (MapsLine line in MapsFile.Lines(machine, leader.Mm))
            maps.Append(line).Append('\n');
        yield return File("comm", comm + "\n");
        yield return File("cmdline", comm + "\0");
        yield return File("limits", LimitsFile.Format(limits));
        yield return File("maps", maps);
        yield return File("oom_score_adj", string.Create(CultureInfo.InvariantCulture, $"{leader.OomScoreAdj}\n"));
        yield return File("oom_score", string.Create(CultureInfo.InvariantCulture, $"{OomScore(machine, in leader)}\n"));
        yield return File("stat", TaskStat.Of(in machine.AddressSpaces.Mms[leader.Mm], in leader, comm, parent) + "\n");
        yield return File("statm", Statm.Of(in machine.AddressSpaces.Mms[leader.Mm]));
        yield return File("status", StatusFile.Text(machine, task));
    }

    /// <summary>proc_oom_score: oom_badness scaled so that 0 is 666 points of 1000 and an adjustment of -1000 is 0.</summary>
    private static long OomScore(Machine machine, in TaskStruct leader)
    {
        const int never = -1000;
        if (leader.OomScoreAdj == never)
            return 0;
        ref Kernel.AddressSpaces.MmStruct mm = ref machine.AddressSpaces.Mms[leader.Mm];
        long total = (long)(machine.Settings.TotalRamPages + machine.Settings.TotalSwapPages);
        long points = mm.Rss.Total + mm.Rss.SwapEntries + ((long)mm.PgtablesBytes >> 12) + (leader.OomScoreAdj * (total / 1000));
        return (1000 + (points * 1000 / total)) * 2 / 3;
    }

    // Virtual time as user time of the first CPU, in ticks of 10 ms: the machine has no scheduler that would split it.
    private static string Stat(Machine machine)
    {
        var text = new StringBuilder();
        long ticks = (long)(machine.NowNs / TicksPerNanosecond);
        text.Append(CultureInfo.InvariantCulture, $"cpu  {ticks} 0 0 0 0 0 0 0 0 0\n");
        for (int cpu = 0; cpu < machine.Spec.Cpus; cpu++)
            text.Append(CultureInfo.InvariantCulture, $"cpu{cpu} {(cpu == 0 ? ticks : 0)} 0 0 0 0 0 0 0 0 0\n");
        text.Append(CultureInfo.InvariantCulture, $"intr 0\nctxt 0\nbtime 0\nprocesses {machine.Tasks.Tasks.Count}\nprocs_running 1\nprocs_blocked 0\nsoftirq 0\n");
        return text.ToString();
    }
}
