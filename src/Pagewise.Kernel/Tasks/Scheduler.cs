using System.Runtime.CompilerServices;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Tasks;

/// <summary>Which task runs: the page allocator then serves its CPU and follows its memory policy. Task n runs on CPU (n − 1) modulo the CPUs.</summary>
/// <param name="tasks">The tasks.</param>
/// <param name="allocator">The page allocator.</param>
/// <param name="memcgs">The memory cgroups.</param>
/// <param name="cpus">The number of CPUs.</param>
public sealed class Scheduler(TaskTable tasks, BuddyAllocator allocator, MemCgroups memcgs, int cpus)
{
    /// <summary>The task that runs, by index; 0: none has run yet.</summary>
    public int Current { get; private set; }

    /// <summary>The memory cgroups.</summary>
    public MemCgroups Memcgs => memcgs;

    /// <summary>Told who runs, for what is dirtied then; null: no one is.</summary>
    internal Writeback? Writeback { get; set; }

    /// <summary>Told whose address space is loaded; null: the classic LRU lists.</summary>
    internal MmList? LruGenMms { get; set; }

    /// <summary>The SIGKILLs: one for the task that has run is delivered before another runs.</summary>
    internal Sigkills? Sigkills { get; set; }

    /// <summary>The CPU of a task.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int CpuOf(int task) => (task - 1) % cpus;

    /// <summary>Nodes with memory, a bit each (node_states[N_MEMORY]).</summary>
    public ulong NodesWithMemory => allocator.NodesWithMemory;

    /// <summary>Lets a task run.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Run(int task)
    {
        if (task != Current)
            Switch(task);
    }

    /// <summary>Gives a task another policy (do_set_mempolicy); interleaving begins anew.</summary>
    public void SetPolicy(int task, MemPolicy policy)
    {
        tasks.Tasks[task].Policy = policy;
        if (task == Current)
            allocator.TaskPolicy = policy;
    }

    /// <summary>The policy that a child of a task inherits (mpol_dup).</summary>
    public MemPolicy PolicyOf(int task) => task == Current ? allocator.TaskPolicy : tasks.Tasks[task].Policy;

    /// <summary>The running task's cgroup, or the nodes that it may use, have changed (cpuset_change_task_nodemask).</summary>
    internal void UpdateMems()
    {
        ulong mems = memcgs.EffectiveMems(memcgs.Current);
        if (mems != allocator.MemsAllowed)
            allocator.MemsAllowed = mems;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Switch(int task)
    {
        _ = Sigkills?.Deliver();
        if (Current != 0)
            tasks.Tasks[Current].Policy = allocator.TaskPolicy;
        Current = task;
        allocator.TaskPolicy = tasks.Tasks[task].Policy;
        allocator.CurrentCpu = CpuOf(task);
        memcgs.CurrentCpu = CpuOf(task);
        memcgs.Current = Math.Max(tasks.Tasks[task].Memcg, MemCgroups.Root);
        UpdateMems();
        if (tasks.Tasks[task].Mm is not 0 and var mm)
            LruGenMms?.Use(mm);
        Writeback?.SwitchTo(task, tasks.Tasks[task].Pid);
    }
}
