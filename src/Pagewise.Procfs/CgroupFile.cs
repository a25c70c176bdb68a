using Pagewise.Kernel;

namespace Pagewise.Procfs;

/// <summary>/proc/PID/cgroup on a host with the unified hierarchy alone: one line, <c>0::PATH</c>.</summary>
public static class CgroupFile
{
    /// <summary>The file's name under /proc/PID.</summary>
    public const string FileName = "cgroup";

    /// <summary>What a modelled process shows (proc_cgroup_show); a cgroup that was removed has " (deleted)" behind it.</summary>
    public static string Of(Machine machine, int task)
    {
        int memcg = Math.Max(machine.Tasks.Tasks[task].Memcg, Kernel.Cgroups.MemCgroups.Root);
        return $"0::{machine.Memcgs.PathOf(memcg)}{(machine.Memcgs[memcg].IsOnline ? "" : " (deleted)")}\n";
    }
}
