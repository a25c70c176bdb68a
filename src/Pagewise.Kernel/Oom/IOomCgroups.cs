namespace Pagewise.Kernel.Oom;

/// <summary>What the OOM killer asks of the memory cgroups (mm/memcontrol.c). Cgroups are numbered from 1; 0 is none.</summary>
internal interface IOomCgroups
{
    /// <summary>Pages of memory and swap that a cgroup may have (mem_cgroup_get_max).</summary>
    long MaxPages(int memcg);

    /// <summary>Its path, such as "/web".</summary>
    string PathOf(int memcg);

    /// <summary>The processes in a cgroup and below it, each by a task of its, in the order of mem_cgroup_scan_tasks.</summary>
    void CollectTasks(int memcg, List<int> into);

    /// <summary>The highest cgroup with memory.oom.group between a task's and the one at its limit (mem_cgroup_get_oom_group); 0: none. With no cgroup at its limit, up to the root.</summary>
    int OomGroupOf(int task, int memcg);

    /// <summary>Counts a kill in a task's cgroup (MEMCG_OOM_KILL).</summary>
    void CountOomKill(int task);

    /// <summary>Counts that a whole cgroup is killed (MEMCG_OOM_GROUP_KILL).</summary>
    void CountOomGroupKill(int memcg);
}
