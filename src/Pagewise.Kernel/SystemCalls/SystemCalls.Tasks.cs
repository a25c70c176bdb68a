using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Kernel.SystemCalls;

public sealed partial class SystemCalls
{
    private const ulong PrSetName = 15;
    private const ulong ArchSetFs = 0x1002;
    private const ulong ArchSetGs = 0x1001;

    /// <summary>
    /// Makes a task that nobody forked, the first of a recording: an empty address space, the limits and capabilities
    /// of the machine's spec.
    /// </summary>
    /// <param name="pid">Its thread id; 0 takes the next free one.</param>
    /// <param name="comm">Its name.</param>
    /// <returns>Its index in the task table; 0 when no memory is left.</returns>
    public int CreateInitialTask(int pid, string comm) => _processes.CreateInitial(pid, comm);

    /// <summary>
    /// Maps cached pages of a file into an address space of its own that no task runs in, each used once: programs that
    /// were there before a machine's recording begins.
    /// </summary>
    /// <param name="inode">The file.</param>
    /// <param name="first">The first page.</param>
    /// <param name="pages">How many.</param>
    internal void MapUsed(int inode, ulong first, ulong pages)
    {
        const ulong anywhere = 1UL << 28;
        RlimitArray limits = default;
        for (int resource = 0; resource < 16; resource++)
            limits[resource] = Rlimit.Unlimited;
        int mm = _processes.CreateSpace(in limits);
        int file = mm == 0 ? 0 : _files.Open(inode, OpenFlags.ReadWrite);
        if (file == 0)
            return;
        var current = new Current(mm, in limits, Personality.Linux, uid: 0, capIpcLock: true, capSysAdmin: true);
        _ = _mappings.Mmap(in current, file, anywhere, pages << 12, Prot.Read, MapFlags.Shared | MapFlags.Fixed | MapFlags.Populate, first);
        _files.Put(file);
    }

    /// <summary>execve(2): replaces the address space, names the task, closes close-on-exec descriptors.</summary>
    /// <param name="task">The calling task's index.</param>
    /// <param name="image">The program; null when the path names none (ENOENT).</param>
    public SysResult Execve(int task, ExecImage? image)
    {
        if (image is null)
            return Errno.ENOENT;
        _scheduler.Run(task);
        FaultCount before = CountFaults();
        SysResult result = _processes.Execve(task, image);
        ChargeFaults(task, in before);
        return result;
    }

    /// <summary>fork(2), vfork(2), clone(2) and clone3(2): the child's thread id; <see cref="TaskTable.Find"/> gives its index.</summary>
    /// <param name="task">The calling task's index.</param>
    /// <param name="flags">CLONE_* flags; none is fork.</param>
    /// <param name="childPid">The child's thread id; 0 takes the next free one.</param>
    public SysResult Clone(int task, CloneFlags flags, int childPid = 0)
    {
        // The caller's cgroup pays for the child.
        _scheduler.Run(task);
        return _processes.Clone(task, flags, childPid);
    }

    /// <summary>exit(2): ends one thread; the last one gives the address space back.</summary>
    public SysResult Exit(int task)
    {
        _processes.Exit(task);
        return SysResult.Ok;
    }

    /// <summary>exit_group(2), and death by a signal: ends every thread of the process.</summary>
    public SysResult ExitGroup(int task)
    {
        _processes.ExitGroup(task);
        return SysResult.Ok;
    }

    /// <summary>prlimit64(2), getrlimit(2), setrlimit(2).</summary>
    /// <param name="task">The calling task's index.</param>
    /// <param name="pid">The process concerned; 0 is the caller.</param>
    /// <param name="resource">The resource.</param>
    /// <param name="newLimit">The new limit, null to leave it.</param>
    /// <param name="oldLimit">The limit before the call.</param>
    public SysResult Prlimit(int task, int pid, RlimitResource resource, Rlimit? newLimit, out Rlimit oldLimit) =>
        _processes.Prlimit(task, pid, resource, newLimit, out oldLimit);

    /// <summary>A write to /proc/PID/oom_score_adj: EINVAL beyond −1000 to 1000, EACCES below what a privileged task set without CAP_SYS_RESOURCE.</summary>
    /// <param name="task">Who writes.</param>
    /// <param name="pid">The process or one of its threads; 0 is the writer's own.</param>
    /// <param name="value">The number.</param>
    public SysResult SetOomScoreAdj(int task, int pid, long value) => _processes.SetOomScoreAdj(task, pid == 0 ? task : _tasks.Find(pid), value);

    /// <summary>personality(2): returns the old one; 0xffffffff only asks.</summary>
    public SysResult SetPersonality(int task, uint personality) => _processes.SetPersonality(task, personality);

    /// <summary>setuid(2): leaving uid 0 drops the capabilities.</summary>
    public SysResult Setuid(int task, uint uid) => _processes.Setuid(task, uid);

    /// <summary>prctl(2): PR_SET_NAME is modelled, the others change no memory and succeed.</summary>
    public SysResult Prctl(int task, ulong option, string? text)
    {
        if (option == PrSetName && text is not null)
            _tasks.SetComm(task, text);
        return SysResult.Ok;
    }

    /// <summary>arch_prctl(2): the bases of FS and GS must lie in user space.</summary>
    private SysResult ArchPrctl(int task, ulong code, ulong address) =>
        code is ArchSetFs or ArchSetGs && address >= _spaces.Mms[_tasks.Tasks[task].Mm].TaskSize ? Errno.EPERM : SysResult.Ok;
}
