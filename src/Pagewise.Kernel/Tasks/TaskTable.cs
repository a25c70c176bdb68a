using Pagewise.Kernel.AddressSpaces;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Tasks;

/// <summary>All tasks of a machine, with their names.</summary>
public sealed class TaskTable : IDisposable
{
    private readonly List<string> _comms = [""];
    private readonly Dictionary<int, int> _byPid = [];
    private int _nextPid = 1;

    /// <summary>The tasks; index 0 is none.</summary>
    public Arena<TaskStruct> Tasks { get; } = new(1 << 22);

    /// <summary>The name of a task (comm).</summary>
    public string CommOf(int task) => _comms[Tasks[task].Comm];

    /// <summary>Names a task, as execve and prctl(PR_SET_NAME) do: 15 bytes are kept.</summary>
    public void SetComm(int task, string comm)
    {
        Tasks[task].Comm = _comms.Count;
        _comms.Add(comm.Length > 15 ? comm[..15] : comm);
    }

    /// <summary>A task under a thread id; 0 when no memory is left.</summary>
    /// <param name="pid">The id; 0 takes the next free one.</param>
    public int New(int pid)
    {
        int task = Tasks.Allocate();
        if (task == 0)
            return 0;
        if (pid == 0)
        {
            do
                pid = _nextPid++;
            while (_byPid.ContainsKey(pid));
        }

        Tasks[task].Pid = pid;
        _byPid[pid] = task;
        return task;
    }

    /// <summary>Forgets a task that was made but never ran.</summary>
    public void Discard(int task)
    {
        _byPid.Remove(Tasks[task].Pid);
        Tasks.Free(task);
    }

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
    public void Dispose() => Tasks.Dispose();
}
