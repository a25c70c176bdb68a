using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Tasks;

/// <summary>All tasks of a machine, with their names.</summary>
public sealed class TaskTable : IDisposable
{
    private readonly List<string> _comms = [""];
    private readonly Dictionary<int, int> _byPid = [];

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

    /// <summary>The task with a thread id that has not been reaped or replaced; 0 when none.</summary>
    public int Find(int pid) => _byPid.GetValueOrDefault(pid);

    /// <inheritdoc/>
    public void Dispose() => Tasks.Dispose();
}
