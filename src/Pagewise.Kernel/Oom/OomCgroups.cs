using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Kernel.Oom;

/// <summary>The memory cgroups as the OOM killer sees them (mm/memcontrol.c, 6.1).</summary>
/// <param name="memcgs">The cgroups.</param>
/// <param name="tasks">The tasks.</param>
/// <param name="stat">Counters: how much swap there is.</param>
/// <param name="swaps">Whether vm.swappiness lets cgroups swap at all.</param>
internal sealed class OomCgroups(MemCgroups memcgs, TaskTable tasks, VmStat stat, bool swaps) : IOomCgroups
{
    /// <inheritdoc/>
    public long MaxPages(int memcg)
    {
        ref MemCgroup group = ref memcgs[memcg];
        return group.Memory.Limit + (swaps ? Math.Min(group.Swap.Limit, stat.TotalSwapPages) : 0);
    }

    /// <inheritdoc/>
    public string PathOf(int memcg) => memcgs.PathOf(memcg);

    /// <inheritdoc/>
    public void CollectTasks(int memcg, List<int> into)
    {
        for (int group = memcgs.Next(memcg, 0); group != 0; group = memcgs.Next(memcg, group))
        {
            int first = into.Count;
            for (int task = 1; task < tasks.Tasks.HighWater; task++)
            {
                ref TaskStruct one = ref tasks.Tasks[task];
                int leader = one.GroupLeader;
                if (one.Mm == 0 || one.HasExited || leader == 0 || Math.Max(one.Memcg, MemCgroups.Root) != group)
                    continue;
                // A process is met once, by its first task with memory.
                if (task == leader || (tasks.Tasks[leader].Mm == 0 && !into.Exists(other => tasks.Tasks[other].GroupLeader == leader)))
                    into.Add(task);
            }

            // In the order in which they came to the cgroup (css_task_iter).
            into.Sort(first, into.Count - first, Comparer<int>.Create((left, right) => tasks.Tasks[left].CgroupPlace.CompareTo(tasks.Tasks[right].CgroupPlace)));
        }
    }

    /// <inheritdoc/>
    public int OomGroupOf(int task, int memcg)
    {
        int group = 0;
        for (int at = tasks.Tasks[task].Memcg; at > MemCgroups.Root; at = memcgs.ParentOf(at))
        {
            if (memcgs[at].OomGroup)
                group = at;
            if (at == memcg)
                break;
        }

        return group;
    }

    /// <inheritdoc/>
    public void CountOomKill(int task) => memcgs.Note(tasks.Tasks[task].Memcg, MemcgEvent.OomKill);

    /// <inheritdoc/>
    public void CountOomGroupKill(int memcg) => memcgs.Note(memcg, MemcgEvent.OomGroupKill);
}
