using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Procfs;

/// <summary>
/// A modelled machine's /proc at one moment, as files: what psutil, smem, node_exporter and people read. A file is there
/// only when the model knows what it says.
/// </summary>
public sealed class ProcTree
{
    private const int PagesPerThread = 32;
    private const int LeastPidMax = 32768;
    private const int PidsPerCpu = 1024;

    private readonly SortedDictionary<string, string> _files = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _links = new(StringComparer.Ordinal);
    private readonly List<int> _processes = [];

    private ProcTree(Machine machine)
    {
        AddSystem(machine);
        AddSysctls(machine);
        for (int task = 1; task < machine.Tasks.Tasks.HighWater; task++)
        {
            TaskStruct leader = machine.Tasks.Tasks[task];
            if (leader.GroupLeader != task || leader.HasExited || leader.Mm == 0)
                continue;
            _processes.Add(leader.Tgid);
            AddProcess(machine, task, string.Create(CultureInfo.InvariantCulture, $"{leader.Tgid}/"));
        }
    }

    /// <summary>The files' texts by their paths under /proc.</summary>
    public IReadOnlyDictionary<string, string> Files => _files;

    /// <summary>What symbolic links point to, by their paths under /proc.</summary>
    public IReadOnlyDictionary<string, string> Links => _links;

    /// <summary>The processes' numbers, in the order of their tasks. One that has exited is not among them.</summary>
    public IReadOnlyList<int> Processes => _processes;

    /// <summary>A machine's files now.</summary>
    public static ProcTree Of(Machine machine) => new(machine);

    /// <summary>Writes the files into a directory, which is made where missing; files of the same names are replaced.</summary>
    /// <exception cref="IOException">It cannot be written, or holds a process that this tree does not: readers would take it for one of these.</exception>
    public void Write(string directory)
    {
        Directory.CreateDirectory(directory);
        foreach (string path in Directory.EnumerateDirectories(directory))
        {
            if (int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int process) && !_processes.Contains(process))
                throw new IOException($"it has process {process}, which is of another tree");
        }

        foreach ((string path, string text) in _files)
            File.WriteAllText(Prepare(directory, path), text);
        foreach ((string path, string target) in _links)
        {
            string link = Prepare(directory, path);
            File.Delete(link);
            File.CreateSymbolicLink(link, target);
        }
    }

    private static string Prepare(string directory, string path)
    {
        string file = Path.Combine(directory, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        return file;
    }

    private void AddSystem(Machine machine)
    {
        Add(Meminfo.FileName, Meminfo.Of(machine));
        Add(Vmstat.FileName, Vmstat.Of(machine));
        Add(Zoneinfo.FileName, LiveZones.Zoneinfo(machine));
        Add(Buddyinfo.FileName, LiveZones.Buddyinfo(machine));
        Add(Pagetypeinfo.FileName, LiveZones.Pagetypeinfo(machine));
        Add(Slabinfo.FileName, Slabinfo.Of(machine));
        Add(Swaps.FileName, Swaps.Of(machine));
        Add(PressureFile.MemoryName, PressureFile.MemoryOf(machine));
        Add(PressureFile.IoName, PressureFile.IoOf(machine));
        Add(ProcStat.FileName, ProcStat.Of(machine));
        Add(Uptime.FileName, Uptime.Of(machine));
    }

    /// <summary>The sysctls that the machine has, and the two that readers of processes ask for: pid_max (pid_idr_init) and threads-max (set_max_threads).</summary>
    private void AddSysctls(Machine machine)
    {
        VmSettings settings = machine.Settings;
        PageAllocatorSysctls pages = machine.Zones.Sysctls;
        Add("sys/kernel/osrelease", $"{machine.Spec.Kernel}.0");
        Add("sys/kernel/pid_max", $"{Math.Max(LeastPidMax, PidsPerCpu * machine.Spec.Cpus)}");
        Add("sys/kernel/threads-max", $"{settings.TotalRamPages / PagesPerThread}");
        Add("sys/kernel/randomize_va_space", $"{settings.RandomizeVaSpace}");
        Add("sys/vm/overcommit_memory", $"{settings.OvercommitMemory}");
        Add("sys/vm/overcommit_ratio", $"{(settings.OvercommitKbytes == 0 ? settings.OvercommitRatio : 0)}");
        Add("sys/vm/overcommit_kbytes", $"{settings.OvercommitKbytes}");
        Add("sys/vm/admin_reserve_kbytes", $"{settings.AdminReserveKbytes}");
        Add("sys/vm/user_reserve_kbytes", $"{settings.UserReserveKbytes}");
        Add("sys/vm/max_map_count", $"{settings.MaxMapCount}");
        Add("sys/vm/mmap_min_addr", $"{settings.MmapMinAddr}");
        Add("sys/vm/legacy_va_layout", $"{(settings.LegacyVaLayout ? 1 : 0)}");
        Add("sys/vm/min_free_kbytes", $"{pages.MinFreeKbytes}");
        Add("sys/vm/watermark_scale_factor", $"{pages.WatermarkScaleFactor}");
        Add("sys/vm/watermark_boost_factor", $"{pages.WatermarkBoostFactor}");
        Add("sys/vm/lowmem_reserve_ratio", $"{string.Join('\t', pages.LowmemReserveRatio)}");
        Add("sys/vm/percpu_pagelist_high_fraction", $"{pages.PercpuPagelistHighFraction}");
    }

    private void AddProcess(Machine machine, int task, string folder)
    {
        ref TaskStruct leader = ref machine.Tasks.Tasks[task];
        int mm = leader.Mm;
        Add(folder + CgroupFile.FileName, CgroupFile.Of(machine, task));
        Add(folder + Cmdline.FileName, Cmdline.Of(machine, task));
        Add(folder + LimitsFile.FileName, LimitsFile.Of(in leader));
        Add(folder + MapsFile.FileName, MapsFile.Of(machine, mm));
        Add(folder + OomScoreAdj.FileName, OomScoreAdj.Of(in leader));
        Add(folder + OomScore.FileName, OomScore.Of(machine, in leader));
        Add(folder + Smaps.FileName, Smaps.Of(machine, mm));
        Add(folder + SmapsRollup.FileName, SmapsRollup.Of(machine, mm));
        Add(folder + Statm.FileName, Statm.Of(in machine.AddressSpaces.Mms[mm]));
        Add(folder + Comm.FileName, Comm.Of(machine, task));
        Add(folder + TaskStat.FileName, TaskStat.Of(machine, task));
        Add(folder + StatusFile.FileName, StatusFile.Of(machine, task));
        if (Program(machine, mm) is { } program)
            _links.Add(folder + "exe", program);
        for (int thread = 1; thread < machine.Tasks.Tasks.HighWater; thread++)
        {
            ref TaskStruct one = ref machine.Tasks.Tasks[thread];
            if (one.GroupLeader != task || one.HasExited)
                continue;
            string threadFolder = string.Create(CultureInfo.InvariantCulture, $"{folder}task/{one.Pid}/");
            Add(threadFolder + Comm.FileName, Comm.Of(machine, thread));
            Add(threadFolder + TaskStat.FileName, TaskStat.Of(machine, thread));
            Add(threadFolder + StatusFile.FileName, StatusFile.Of(machine, thread));
        }
    }

    /// <summary>The path of the file that the program's code is mapped from (mm->exe_file); null where there is none.</summary>
    private static string? Program(Machine machine, int mm)
    {
        ulong code = machine.AddressSpaces.Mms[mm].StartCode;
        for (int vma = machine.AddressSpaces.Mms[mm].Mmap; vma != 0; vma = machine.AddressSpaces.Vmas[vma].Next)
        {
            ref VmArea area = ref machine.AddressSpaces.Vmas[vma];
            if (code >= area.Start && code < area.End && area.Inode != 0 && MapsFile.Line(machine, vma).Name is [not '\0', ..] name && !name.Contains('\0', StringComparison.Ordinal))
                return name;
        }

        return null;
    }

    private void Add(string path, object content) => _files.Add(path, content.ToString()!);

    private void Add(string path, FormattableString line) => _files.Add(path, line.ToString(CultureInfo.InvariantCulture) + "\n");
}
