using Pagewise.Abi;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Tasks;

/// <summary>A thread: Linux's task_struct, with the parts of signal_struct and cred that memory management reads.</summary>
public struct TaskStruct
{
    /// <summary>Thread id, as the recording or the machine numbers it.</summary>
    public int Pid;

    /// <summary>Thread-group id: the process.</summary>
    public int Tgid;

    /// <summary>The parent task, by index.</summary>
    public int Parent;

    /// <summary>The thread-group leader, by index; it holds the limits and the file table.</summary>
    public int GroupLeader;

    /// <summary>Threads alive in the group; kept by the leader.</summary>
    public int Threads;

    /// <summary>The address space, by index; 0 after exit.</summary>
    public int Mm;

    /// <summary>The file table, by index.</summary>
    public int Files;

    /// <summary>Minor faults (min_flt).</summary>
    public long MinorFaults;

    /// <summary>Major faults (maj_flt).</summary>
    public long MajorFaults;

    /// <summary>User id.</summary>
    public uint Uid;

    /// <summary>CAP_IPC_LOCK in effect.</summary>
    public bool CapIpcLock;

    /// <summary>CAP_SYS_RESOURCE in effect.</summary>
    public bool CapSysResource;

    /// <summary>CAP_SYS_ADMIN in effect.</summary>
    public bool CapSysAdmin;

    /// <summary>Whether the task has exited.</summary>
    public bool HasExited;

    /// <summary>Index of its name (comm) in the task table.</summary>
    public int Comm;

    /// <summary>oom_score_adj, −1000 to 1000; the leader's counts.</summary>
    public short OomScoreAdj;

    /// <summary>The lowest oom_score_adj that a privileged task gave it (oom_score_adj_min): without CAP_SYS_RESOURCE it goes no lower.</summary>
    public short OomScoreAdjMin;

    /// <summary>Whether its process has a SIGKILL pending or died of one (SIGNAL_GROUP_EXIT); kept by the leader.</summary>
    public bool IsSigkilled;

    /// <summary>Whether the OOM killer chose its process (signal->oom_mm); kept by the leader.</summary>
    public bool IsOomVictim;

    /// <summary>Whether its process is what memory is short for, so that it is killed first (signal->oom_flag_origin): it runs swapoff; kept by the leader.</summary>
    public bool IsOomOrigin;

    /// <summary>Whether its process is the machine's init (is_global_init), which nothing kills; kept by the leader. Number 1 of a recording is only that of its PID namespace.</summary>
    public bool IsGlobalInit;

    /// <summary>Whether vfork made it: until it has an address space of its own its parent waits (vfork_done).</summary>
    public bool IsVforked;

    /// <summary>Its process's place in the list of all processes (init_task.tasks): those made later come later. The leader's counts.</summary>
    public long Place;

    /// <summary>Limits of the process, by <see cref="RlimitResource"/>; the leader's count.</summary>
    public RlimitArray Limits;

    /// <summary>The memory policy (mempolicy), with its place in the interleaving; while the task runs, the allocator has it.</summary>
    public MemPolicy Policy;

    /// <summary>personality(2): decides the layout of the next execve.</summary>
    public Personality Personality;

    /// <summary>The kernel stack, by index (stack); 0 after exit.</summary>
    public int Stack;

    /// <summary>The credentials, a shared object (cred).</summary>
    public int Cred;

    /// <summary>Root and working directory, a shared object (fs).</summary>
    public int Fs;

    /// <summary>Signal handlers, a shared object (sighand).</summary>
    public int Sighand;

    /// <summary>What the threads of a process share, a shared object (signal).</summary>
    public int Signal;

    /// <summary>The memory cgroup that pays for what it takes; 0 counts as the root (task_css).</summary>
    public int Memcg;

    /// <summary>Its place in the order in which tasks came to their cgroups (cg_list).</summary>
    public long CgroupPlace;

    /// <summary>The pid object (thread_pid).</summary>
    public ulong PidObject;
}
