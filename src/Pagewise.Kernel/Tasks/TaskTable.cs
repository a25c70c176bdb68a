using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Slab;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Tasks;

/// <summary>All tasks of a machine, with their names.</summary>
/// <param name="caches">Where the objects come from (task_struct).</param>
public sealed class TaskTable(KmemCaches caches) : IDisposable
{
    private readonly SlabArena<TaskStruct> _slab = new(1 << 22, caches.TaskStruct);
    private readonly List<string> _comms = [""];
    private readonly Dictionary<int, int> _byPid = [];
    private int _nextPid = 1;
    private long _lastPlace;

    /// <summary>The tasks, those that have exited among them; index 0 is none.</summary>
    public Arena<TaskStruct> Tasks => _slab.Items;

    /// <summary>Who listens to births and ends of tasks; null: nobody.</summary>
    public ISchedTracepoints? Tracepoints { get; set; }

    /// <summary>Adds the kernel objects in use to a list: task_structs and pids.</summary>
    public void CollectObjects(List<ulong> into)
    {
        _slab.CollectObjects(into);
        for (int task = 1; task < Tasks.HighWater; task++)
        {
            if (Tasks[task].PidObject != 0)
                into.Add(Tasks[task].PidObject);
        }
    }

    /// <summary>The name of a task (comm).</summary>
    public string CommOf(int task) => _comms[Tasks[task].Comm];

    /// <summary>Names a task, as execve and prctl(PR_SET_NAME) do: 15 bytes are kept.</summary>
    public void SetComm(int task, string comm)
    {
        Tasks[task].Comm = _comms.Count;
        _comms.Add(comm.Length > 15 ? comm[..15] : comm);
    }

    /// <summary>A task that has no thread id yet; 0 when no memory is left.</summary>
    public int New() => _slab.Allocate();

    /// <summary>Gives a new task its thread id (alloc_pid).</summary>
    /// <param name="task">The task.</param>
    /// <param name="pid">The id; 0 takes the next free one.</param>
    public void Number(int task, int pid)
    {
        if (pid == 0)
        {
            do
                pid = _nextPid++;
            while (_byPid.ContainsKey(pid));
        }

        Tasks[task].Pid = pid;
        Tasks[task].Place = ++_lastPlace;
        _byPid[pid] = task;
    }

    /// <summary>Forgets a task that was made but got no thread id.</summary>
    public void Discard(int task)
    {
        Tasks[task] = default;
        _slab.Free(task);
    }

    /// <summary>Gives back the task_struct of a task that has exited.</summary>
    public void End(int task) => _slab.FreeObject(task);

    /// <summary>Gives a task another thread id (execve in a thread that is not the leader).</summary>
    public void Rename(int task, int pid)
    {
        _byPid.Remove(Tasks[task].Pid);
        Tasks[task].Pid = pid;
        _byPid[pid] = task;
    }

    /// <summary>What memory management reads of a task (current).</summary>
    public Current CurrentOf(int task)
    {
        ref readonly TaskStruct caller = ref Tasks[task];
        return new Current(
            caller.Mm,
            in Tasks[caller.GroupLeader].Limits,
            caller.Personality,
            caller.Uid,
            caller.CapIpcLock,
            caller.CapSysAdmin);
    }

    /// <summary>The task with a thread id that has not been reaped or replaced; 0 when none.</summary>
    public int Find(int pid) => _byPid.GetValueOrDefault(pid);

    /// <inheritdoc/>
    public void Dispose() => _slab.Dispose();
}
