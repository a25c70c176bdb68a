using System.Globalization;
using Pagewise.Kernel;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Procfs;

/// <summary>A modelled machine's /proc, as files.</summary>
public static class ProcTree
{
    /// <summary>The files: path under /proc and text. Processes that have exited are not among them.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Files(Machine machine)
    {
        yield return File(Meminfo.FileName, Meminfo.Of(machine));
        yield return File(Vmstat.FileName, Vmstat.Of(machine));
        yield return File(Zoneinfo.FileName, LiveZones.Zoneinfo(machine));
        yield return File(Buddyinfo.FileName, LiveZones.Buddyinfo(machine));
        yield return File(Pagetypeinfo.FileName, LiveZones.Pagetypeinfo(machine));
        yield return File(Slabinfo.FileName, Slabinfo.Of(machine));
        yield return File(Swaps.FileName, Swaps.Of(machine));
        yield return File(ProcStat.FileName, ProcStat.Of(machine));
        yield return File(Uptime.FileName, Uptime.Of(machine));
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
        int mm = machine.Tasks.Tasks[task].Mm;
        yield return File(Comm.FileName, Comm.Of(machine, task));
        yield return File(Cmdline.FileName, Cmdline.Of(machine, task));
        yield return File(LimitsFile.FileName, LimitsFile.Of(in machine.Tasks.Tasks[task]));
        yield return File(MapsFile.FileName, MapsFile.Of(machine, mm));
        yield return File(OomScoreAdj.FileName, OomScoreAdj.Of(in machine.Tasks.Tasks[task]));
        yield return File(OomScore.FileName, OomScore.Of(machine, in machine.Tasks.Tasks[task]));
        yield return File(Smaps.FileName, Smaps.Of(machine, mm));
        yield return File(SmapsRollup.FileName, SmapsRollup.Of(machine, mm));
        yield return File(TaskStat.FileName, TaskStat.Of(machine, task));
        yield return File(Statm.FileName, Statm.Of(in machine.AddressSpaces.Mms[mm]));
        yield return File(StatusFile.FileName, StatusFile.Of(machine, task));
    }
}
