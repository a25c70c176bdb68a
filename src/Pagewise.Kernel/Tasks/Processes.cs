using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Mappings;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Tasks;

/// <summary>Birth, change of program and end of tasks: kernel/fork.c, fs/exec.c with fs/binfmt_elf.c, kernel/exit.c.</summary>
public sealed partial class Processes
{
    private readonly VmSettings _settings;
    private readonly AddressSpaceArenas _spaces;
    private readonly MemoryMappings _mappings;
    private readonly PageTables _pageTables;
    private readonly FileTables _fileTables;
    private readonly TaskObjects _objects;
    private readonly OpenFiles _files;
    private readonly TaskTable _table;
    private readonly Scheduler _scheduler;
    private readonly TaskDefaults _defaults;
    private readonly Arena<TaskStruct> _tasks;
    private readonly Aslr _aslr;

    /// <summary>Makes the operations over a machine's state.</summary>
    /// <param name="settings">The kernel's settings.</param>
    /// <param name="defaults">What a task that nobody forked starts with.</param>
    /// <param name="spaces">Address spaces.</param>
    /// <param name="mappings">The calls that change them.</param>
    /// <param name="pageTables">Page tables.</param>
    /// <param name="files">Open files.</param>
    /// <param name="fileTables">File tables.</param>
    /// <param name="objects">The other kernel objects of tasks.</param>
    /// <param name="table">The tasks.</param>
    /// <param name="scheduler">Which of them runs.</param>
    public Processes(
        VmSettings settings,
        TaskDefaults defaults,
        AddressSpaceArenas spaces,
        MemoryMappings mappings,
        PageTables pageTables,
        OpenFiles files,
        FileTables fileTables,
        TaskObjects objects,
        TaskTable table,
        Scheduler scheduler)
    {
        _scheduler = scheduler;
        _settings = settings;
        _defaults = defaults;
        _spaces = spaces;
        _mappings = mappings;
        _pageTables = pageTables;
        _files = files;
        _fileTables = fileTables;
        _objects = objects;
        _table = table;
        _tasks = table.Tasks;
        _aslr = new Aslr(spaces);
        _aslr.Seed(settings.Seed);
    }

    /// <summary>Makes a task with an empty address space and the machine's limits; 0 when no memory is left.</summary>
    public int CreateInitial(int pid, string comm)
    {
        int task = _table.New();
        if (task == 0)
            return 0;
        ref TaskStruct created = ref _tasks[task];
        int files = _objects.Copy(ref created, default, CloneFlags.None) ? _fileTables.New() : 0;
        int mm = files == 0 ? 0 : _mappings.NewSpace();
        if (mm == 0)
        {
            Undo(task, files);
            return 0;
        }

        _table.Number(task, pid);
        created.Tgid = created.Pid;
        created.GroupLeader = task;
        created.Threads = 1;
        created.Mm = mm;
        _spaces.Mms[mm].Memcg = created.Memcg;
        created.CgroupPlace = _scheduler.Memcgs.Join(created.Memcg);
        created.Files = files;
        created.Uid = _defaults.Uid;
        bool isRoot = _defaults.Uid == 0;
        created.CapIpcLock = isRoot && _defaults.CapIpcLock;
        created.CapSysAdmin = isRoot && _defaults.CapSysAdmin;
        created.CapSysResource = isRoot && _defaults.CapSysResource;
        for (int resource = 0; resource < 16; resource++)
            created.Limits[resource] = _defaults.Limits.GetValueOrDefault((RlimitResource)resource, Rlimit.Unlimited);
        _table.SetComm(task, comm);
        PickLayout(mm, in created.Limits, is32Bit: false, isRandomized: false, Personality.Linux);
        _table.Tracepoints?.SchedProcessFork(0, task);
        return task;
    }

    /// <summary>fork, vfork, clone and clone3 (kernel_clone): the child's thread id.</summary>
    /// <param name="task">The calling task.</param>
    /// <param name="flags">CLONE_* flags.</param>
    /// <param name="childPid">The child's thread id; 0 takes the next free one.</param>
    public SysResult Clone(int task, CloneFlags flags, int childPid)
    {
        bool isThread = (flags & CloneFlags.Thread) != 0;
        if ((isThread && (flags & CloneFlags.SigHand) == 0)
            || ((flags & CloneFlags.SigHand) != 0 && (flags & CloneFlags.Vm) == 0))
            return Errno.EINVAL;

        // What is taken in the order of copy_process goes back when something is refused.
        ref readonly TaskStruct parent = ref _tasks[task];
        int child = _table.New();
        if (child == 0)
            return Errno.ENOMEM;
        ref TaskStruct created = ref _tasks[child];
        created = parent;
        if (!_objects.Copy(ref created, in parent, flags))
        {
            _table.Discard(child);
            return Errno.ENOMEM;
        }

        int files = parent.Files;
        if ((flags & CloneFlags.Files) != 0)
            _fileTables.Share(files);
        else
            files = _fileTables.Copy(files);
        Errno error = Errno.ENOMEM;
        int mm = files == 0 ? 0 : ForkSpace(task, flags, out error);
        if (mm == 0)
        {
            Undo(child, files);
            return error;
        }

        // Who was killed for memory while it forked has no child (copy_process: fatal_signal_pending).
        if (_tasks[parent.GroupLeader].IsSigkilled)
        {
            _mappings.PutSpace(mm);
            Undo(child, files);
            return Errno.EINTR;
        }

        _table.Number(child, childPid);
        int pid = created.Pid;
        created.Mm = mm;
        if ((flags & CloneFlags.Vm) == 0)
            _spaces.Mms[mm].Memcg = created.Memcg;
        created.CgroupPlace = _scheduler.Memcgs.Join(created.Memcg);
        created.Files = files;
        created.MinorFaults = 0;
        created.MajorFaults = 0;
        created.IsSigkilled = false;
        created.IsOomVictim = false;
        created.IsOomOrigin = false;
        created.IsGlobalInit = false;
        created.IsVforked = (flags & CloneFlags.Vfork) != 0;
        created.Policy = _scheduler.PolicyOf(task);
        created.Parent = (flags & (CloneFlags.Parent | CloneFlags.Thread)) != 0 ? parent.Parent : task;
        if (isThread)
        {
            _tasks[parent.GroupLeader].Threads++;
        }
        else
        {
            created.Tgid = pid;
            created.GroupLeader = child;
            created.Threads = 1;
            created.Limits = _tasks[parent.GroupLeader].Limits;
            created.OomScoreAdj = _tasks[parent.GroupLeader].OomScoreAdj;
            created.OomScoreAdjMin = _tasks[parent.GroupLeader].OomScoreAdjMin;
        }

        _table.Tracepoints?.SchedProcessFork(task, child);
        return SysResult.Of((ulong)pid);
    }

    /// <summary>exit(2): ends one task (do_exit); its address space goes with its last user.</summary>
    public void Exit(int task)
    {
        ref TaskStruct ending = ref _tasks[task];
        if (ending.HasExited)
            return;
        _table.Tracepoints?.SchedProcessExit(task);
        ending.HasExited = true;
        _scheduler.Memcgs.Leave(ending.Memcg);
        _tasks[ending.GroupLeader].Threads--;
        int mm = ending.Mm;
        int files = ending.Files;
        ending.Mm = 0;
        ending.Files = 0;
        _mappings.PutSpace(mm);
        _fileTables.Put(files);
        _objects.Release(ref ending);
        int cred = ending.Cred;
        ending.Cred = 0;
        _table.End(task);
        _objects.ReleaseCred(ref cred);
    }

    /// <summary>exit_group(2) and death by a signal: ends every task of the process.</summary>
    public void ExitGroup(int task)
    {
        int leader = _tasks[task].GroupLeader;
        for (int other = 1; other < _tasks.HighWater; other++)
        {
            if (_tasks[other].GroupLeader == leader)
                Exit(other);
        }
    }

    /// <summary>prlimit64(2) (do_prlimit).</summary>
    public SysResult Prlimit(int task, int pid, RlimitResource resource, Rlimit? newLimit, out Rlimit oldLimit)
    {
        oldLimit = default;
        if ((uint)resource >= 16)
            return Errno.EINVAL;
        int target = pid == 0 ? task : _table.Find(pid);
        if (target == 0 || _tasks[target].HasExited)
            return Errno.ESRCH;
        ref Rlimit limit = ref _tasks[_tasks[target].GroupLeader].Limits[(int)resource];
        if (newLimit is { } wanted)
        {
            if (wanted.Current > wanted.Maximum)
                return Errno.EINVAL;
            if (wanted.Maximum > limit.Maximum && !_tasks[task].CapSysResource)
                return Errno.EPERM;
            oldLimit = limit;
            limit = wanted;
            return SysResult.Ok;
        }

        oldLimit = limit;
        return SysResult.Ok;
    }

    /// <summary>personality(2): the old value; 0xffffffff changes nothing.</summary>
    public SysResult SetPersonality(int task, uint personality)
    {
        uint old = (uint)_tasks[task].Personality;
        if (personality != 0xffff_ffff)
            _tasks[task].Personality = (Personality)personality;
        return SysResult.Of(old);
    }

    /// <summary>setuid(2): only root may become another; it then loses its capabilities (cap_emulate_setxuid).</summary>
    public SysResult Setuid(int task, uint uid)
    {
        ref TaskStruct caller = ref _tasks[task];
        if (caller.Uid != 0 && caller.Uid != uid)
            return Errno.EPERM;
        if (!_objects.RenewCred(ref caller))
            return Errno.ENOMEM;
        caller.Uid = uid;
        if (uid != 0)
        {
            caller.CapIpcLock = false;
            caller.CapSysAdmin = false;
            caller.CapSysResource = false;
        }

        return SysResult.Ok;
    }

    /// <summary>copy_mm: the parent's address space, or a copy of it; 0 when memory or the commit account refuses.</summary>
    private int ForkSpace(int task, CloneFlags flags, out Errno error)
    {
        error = Errno.None;
        if ((flags & CloneFlags.Vm) == 0)
        {
            Current current = _table.CurrentOf(task);
            return _mappings.ForkSpace(in current, out error);
        }

        int mm = _tasks[task].Mm;
        _spaces.Mms[mm].Users++;
        return mm;
    }

    /// <summary>Takes back what a task got that is not to be.</summary>
    private void Undo(int task, int files)
    {
        if (files != 0)
            _fileTables.Put(files);
        _objects.Release(ref _tasks[task]);
        _objects.ReleaseCred(ref _tasks[task].Cred);
        _table.Discard(task);
    }
}
