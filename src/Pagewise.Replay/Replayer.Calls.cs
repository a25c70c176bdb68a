using Pagewise.Abi;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.SystemCalls;
using Pagewise.Kernel.Tasks;
using Pagewise.Workloads;

namespace Pagewise.Replay;

/// <content>System calls.</content>
public sealed partial class Replayer
{
    private readonly Dictionary<int, int> _shmIds = [];

    private void ReplayCall(Event step, ref CallRecord call)
    {
        if (IsMallocsOwn(step, ref call))
            return;
        ReplayTask task = TaskOf(step.Tid);
        if (call.Sysno is Sysno.Execve or Sysno.Execveat)
        {
            ReplayExec(step, ref call);
            return;
        }

        if (task.IsPassedOver)
        {
            PassOverCall(step, ref call);
            return;
        }

        // Modelled or not, and in however many pieces: it entered the kernel once.
        long entered = Machine.Clock.SystemCalls + 1;
        MakeCall(step, task, ref call);
        Machine.Clock.SystemCalls = entered;
    }

    private void MakeCall(Event step, ReplayTask task, ref CallRecord call)
    {
        if (call.Sysno == Sysno.Unknown)
            return;
        if (call.Sysno is Sysno.Exit or Sysno.ExitGroup)
        {
            ReplayExit(RunningTaskOf(step.Tid), call.Sysno);
            return;
        }

        if (!call.Has(CallFlags.HasResult))
            return;
        task = RunningTaskOf(step.Tid);
        switch (call.Sysno)
        {
            case Sysno.Fork or Sysno.Vfork or Sysno.Clone or Sysno.Clone3:
                ReplayClone(task, ref call);
                break;
            case Sysno.Brk:
                ReplayBrk(task, ref call);
                break;
            case Sysno.Mmap:
                ReplayMmap(task, ref call);
                break;
            case Sysno.Mremap:
                ReplayMremap(task, ref call);
                break;
            case Sysno.Munmap or Sysno.Mprotect or Sysno.PkeyMprotect or Sysno.Madvise or Sysno.Msync
                or Sysno.Mlock or Sysno.Mlock2 or Sysno.Munlock or Sysno.Mseal or Sysno.RemapFilePages or Sysno.Mbind:
                ReplayRangeCall(task, ref call);
                break;
            case Sysno.Mlockall or Sysno.Munlockall or Sysno.SetMempolicy:
                Invoke(task, ref call, out _);
                break;
            case Sysno.Mincore:
                ReplayMincore(task, ref call);
                break;
            case Sysno.Prlimit64 or Sysno.Getrlimit or Sysno.Setrlimit:
                ReplayLimits(task, ref call);
                break;
            case Sysno.Swapon or Sysno.Swapoff:
                ReplaySwap(task, ref call);
                break;
            case Sysno.Shmget or Sysno.Shmat or Sysno.Shmdt or Sysno.Shmctl:
                ReplayShm(task, ref call);
                break;
            default:
                ReplayOtherCall(task, ref call);
                break;
        }
    }

    // What a task without a program does still makes and ends tasks.
    private void PassOverCall(Event step, ref CallRecord call)
    {
        PassedOver++;
        bool forks = call.Sysno is Sysno.Fork or Sysno.Vfork or Sysno.Clone or Sysno.Clone3;
        if (forks && call.Has(CallFlags.HasResult) && call.Result > 0)
            _tasks[(int)call.Result] = new ReplayTask { RecordedTid = (int)call.Result, Space = new ReplaySpace(), IsPassedOver = true };
        else if (call.Sysno is Sysno.Exit or Sysno.ExitGroup)
            _tasks[step.Tid].IsPassedOver = true;
    }

    private void ReplayClone(ReplayTask task, ref CallRecord call)
    {
        task.Space.Calls.Add(call.Sysno, call.Result < 0);
        if (call.Result <= 0)
            return;
        CloneFlags flags = call.Sysno switch
        {
            Sysno.Fork => CloneFlags.None,
            Sysno.Vfork => CloneFlags.Vfork | CloneFlags.Vm,
            _ => (CloneFlags)_batch.CloneArguments(call).Flags,
        };
        int pid = (int)call.Result;
        if (_tasks.TryGetValue(pid, out ReplayTask? old) && old.Task != 0)
        {
            // The number is used again, or the child was seen before the call that made it: neither can be a child now.
            Warn("a process was made twice under one number: the later one replaces the earlier");
            EndTask(old, Sysno.ExitGroup);
        }

        SysResult result = _calls.Clone(task.Task, flags, pid);
        if (!Log.Compare(Line, NameOf(ref call), call.SysResult.ToString(), result.ToString()))
            return;
        _tasks[pid] = new ReplayTask
        {
            RecordedTid = pid,
            Task = Machine.Tasks.Find(pid),
            Space = flags.HasFlag(CloneFlags.Vm) ? task.Space : new ReplaySpace(task.Space),
        };
    }

    // Areas are known by the machine file, or are files that the recording met.
    private void ReplaySwap(ReplayTask task, ref CallRecord call)
    {
        string path = Text(call.Path);
        // That it succeeded shows that the caller may, whatever was assumed.
        if (call.Result >= 0)
            StructOf(task).CapSysAdmin = true;
        SyscallArgs arguments = ArgumentsOf(ref call) with { Text = path, Inode = _files.Find(path) };
        SysResult result = _calls.Invoke(task.Task, arguments);
        task.Space.Calls.Add(call.Sysno, result.IsError);
        bool isUnknown = result.IsError && result.Errno is Errno.ENOENT or Errno.EINVAL && call.Result >= 0;
        if (isUnknown)
            Warn($"{NameOf(ref call)} of {path}: the machine has no such area; a machine file may name it under swap_areas");
        else
            CompareResult(ref call, result);
    }

    private void ReplayExit(ReplayTask task, Sysno call)
    {
        task.Space.Calls.Add(call, failed: false);
        EndTask(task, call);
    }

    private void EndTask(ReplayTask task, Sysno call)
    {
        if (task.Task == 0)
            return;
        int group = StructOf(task).GroupLeader;
        bool endsAll = call == Sysno.ExitGroup || Machine.Tasks.Tasks[group].Threads <= 1;
        if (endsAll)
            SpaceEnds(task);
        if (call == Sysno.ExitGroup)
            _calls.ExitGroup(task.Task);
        else
            _calls.Exit(task.Task);
        foreach (ReplayTask other in _tasks.Values)
        {
            if (other.Task != 0 && (other == task || (call == Sysno.ExitGroup && StructOf(other).GroupLeader == group)))
            {
                other.Task = 0;
                other.IsPassedOver = true;
            }
        }
    }

    // Tells the observer, unless others still run in the address space (threads, vfork).
    private void SpaceEnds(ReplayTask task)
    {
        int mm = task.Task == 0 ? 0 : StructOf(task).Mm;
        if (mm == 0)
            return;
        foreach (ReplayTask other in _tasks.Values)
        {
            if (other != task && other.Task != 0 && StructOf(other).Mm == mm && StructOf(other).Tgid != StructOf(task).Tgid)
                return;
        }

        SwitchTo(null);
        Observer?.SpaceEnding(this, task);
    }

    private void ReplayOtherCall(ReplayTask task, ref CallRecord call)
    {
        task.Space.Calls.Add(call.Sysno, call.Result < 0);
        if (TryReplayCgroup(task, ref call))
            return;
        if (call.Result < 0 && call.Sysno is not (Sysno.Setuid or Sysno.Prctl))
            return;
        switch (call.Sysno)
        {
            case Sysno.Open or Sysno.Openat or Sysno.Openat2 or Sysno.Creat:
                ReplayOpen(task, ref call);
                break;
            case Sysno.Socket or Sysno.Accept or Sysno.Accept4:
                Machine.Scheduler.Run(task.Task);
                _calls.Open(task.Task, _files.Nameless("socket", InodeKind.NotMappable, 0), OpenFlags.ReadWrite, (int)call.Result);
                break;
            case Sysno.Close:
                _calls.Close(task.Task, (int)call.Args[0]);
                break;
            case Sysno.Dup or Sysno.Dup2 or Sysno.Dup3:
                EnsureFd(task, (int)call.Args[0], call.FdPath);
                _calls.Dup2(task.Task, (int)call.Args[0], (int)call.Result, call.Sysno == Sysno.Dup3 && (call.Args[2] & 0x80000) != 0);
                break;
            case Sysno.Unlink or Sysno.Unlinkat:
                ReplayUnlink(task, ref call);
                break;
            case Sysno.Fcntl:
                ReplayFcntl(task, ref call);
                break;
            case Sysno.Fstat or Sysno.Newfstatat or Sysno.Stat or Sysno.Lstat or Sysno.Statx:
                LearnStatus(task, ref call);
                break;
            case Sysno.MemfdCreate:
                _calls.MemfdCreate(task.Task, Text(call.Path), (MemfdFlags)call.Args[1], (int)call.Result);
                break;
            case Sysno.Write when OomScoreAdjTarget(task, ref call) is { } pid:
                ReplayOomScoreAdj(task, ref call, pid);
                break;
            case Sysno.Read or Sysno.Pread64 or Sysno.Lseek or Sysno.Write or Sysno.Pwrite64 or Sysno.Ftruncate or Sysno.Fallocate
                or Sysno.Readahead or Sysno.Fadvise64 or Sysno.Fsync or Sysno.Fdatasync or Sysno.SyncFileRange or Sysno.Syncfs:
                ReplayFileCall(task, ref call);
                break;
            case Sysno.Sync:
                _calls.Sync(task.Task);
                break;
            case Sysno.Nanosleep or Sysno.ClockNanosleep when _tasks.Count == 1:
                // With others beside it, what they do meanwhile passes the time.
                _calls.Nanosleep(task.Task, call.Args[call.Sysno == Sysno.Nanosleep ? 0 : 2]);
                break;
            case Sysno.Prctl when (int)call.Args[0] == 15: // PR_SET_NAME
                Machine.Tasks.SetComm(task.Task, Text(call.Path));
                PlaceInCgroup(task, Text(call.Path));
                break;
            case Sysno.Prctl when (int)call.Args[0] == 16: // PR_GET_NAME
                Log.Compare(Line, "prctl", Text(call.Path), Machine.Tasks.CommOf(task.Task));
                break;
            case Sysno.Setuid:
                Log.Compare(Line, "setuid", call.SysResult.ToString(), _calls.Setuid(task.Task, (uint)call.Args[0]).ToString());
                break;
        }
    }

    // Makes the call with the recorded arguments and counts and compares its result.
    private SysResult Invoke(ReplayTask task, ref CallRecord call, out bool isSame)
    {
        SysResult result = _calls.Invoke(task.Task, ArgumentsOf(ref call));
        task.Space.Calls.Add(call.Sysno, result.IsError);
        isSame = CompareResult(ref call, result);
        return result;
    }

    private bool CompareResult(ref CallRecord call, SysResult result)
    {
        LastTask = Machine.Scheduler.Current;
        LastOutcome = result.IsError ? result.Errno.ToString() : "0";
        (LastMinorFaults, LastMajorFaults) = (0, 0);
        if (call.Result == result.Raw)
        {
            Log.Same();
            return true;
        }

        Log.Differs(Line, NameOf(ref call), call.SysResult.ToString(), result.ToString());
        return false;
    }

    private static SyscallArgs ArgumentsOf(ref CallRecord call) =>
        new(call.Sysno, call.Args[0], call.Args[1], call.Args[2], call.Args[3], call.Args[4], call.Args[5]);

    private string NameOf(ref CallRecord call) => call.Name != 0 ? Text(call.Name) : call.Sysno.ToString();
}
