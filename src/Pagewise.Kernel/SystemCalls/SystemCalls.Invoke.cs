using Pagewise.Abi;

namespace Pagewise.Kernel.SystemCalls;

public sealed partial class SystemCalls
{
    /// <summary>
    /// Whether <see cref="Invoke"/> models a call; it answers the others with ENOSYS. Calls that change no memory and
    /// whose result depends on more than memory (pipes, waits, directories) are not modelled.
    /// </summary>
    public static bool IsModelled(Sysno number) => number switch
    {
        Sysno.Brk or Sysno.Mmap or Sysno.Munmap or Sysno.Mprotect or Sysno.PkeyMprotect or Sysno.Mremap or Sysno.Madvise => true,
        Sysno.Mlock or Sysno.Mlock2 or Sysno.Munlock or Sysno.Mlockall or Sysno.Munlockall or Sysno.Mincore => true,
        Sysno.Msync or Sysno.Mseal or Sysno.RemapFilePages or Sysno.Mbind or Sysno.SetMempolicy => true,
        Sysno.Open or Sysno.Openat or Sysno.Creat or Sysno.Close or Sysno.Dup or Sysno.Dup2 or Sysno.Dup3 => true,
        Sysno.Lseek or Sysno.Read or Sysno.Pread64 or Sysno.Write or Sysno.Pwrite64 or Sysno.Ftruncate => true,
        Sysno.Readahead or Sysno.Fadvise64 or Sysno.Truncate or Sysno.Unlink or Sysno.Unlinkat or Sysno.MemfdCreate or Sysno.Fcntl => true,
        Sysno.Fsync or Sysno.Fdatasync or Sysno.Syncfs or Sysno.SyncFileRange or Sysno.Sync => true,
        Sysno.Shmget or Sysno.Shmat or Sysno.Shmdt or Sysno.Shmctl => true,
        Sysno.Swapon or Sysno.Swapoff => true,
        Sysno.Fork or Sysno.Vfork or Sysno.Clone or Sysno.Clone3 or Sysno.Execve or Sysno.Exit or Sysno.ExitGroup => true,
        Sysno.Prlimit64 or Sysno.Setrlimit or Sysno.Getrlimit or Sysno.Personality or Sysno.Setuid or Sysno.Setgid => true,
        Sysno.Getpid or Sysno.Gettid or Sysno.SetTidAddress or Sysno.SetRobustList or Sysno.Rseq or Sysno.ArchPrctl => true,
        Sysno.Prctl => true,
        _ => false,
    };

    /// <summary>Makes a system call by number, as the entry code does: for recordings.</summary>
    /// <param name="task">The calling task's index.</param>
    /// <param name="args">The call. What its pointers stand for comes with it.</param>
    /// <returns>What the call left in the return register; of a task that was killed in it nobody reads it.</returns>
    public SysResult Invoke(int task, in SyscallArgs args)
    {
        SysResult result = Call(task, in args);
        _ = ReturnToUser();
        return result;
    }

    private SysResult Call(int task, in SyscallArgs args) => args.Number switch
    {
        Sysno.Brk => Brk(task, args.A0),
        Sysno.Mmap => Mmap(task, args.A0, args.A1, (Prot)args.A2, (MapFlags)args.A3, (int)args.A4, args.A5),
        Sysno.Munmap => Munmap(task, args.A0, args.A1),
        Sysno.Mprotect => Mprotect(task, args.A0, args.A1, (Prot)args.A2),
        Sysno.PkeyMprotect => PkeyMprotect(task, args.A0, args.A1, (Prot)args.A2, (int)args.A3),
        Sysno.Mremap => Mremap(task, args.A0, args.A1, args.A2, (MremapFlags)args.A3, args.A4),
        Sysno.Madvise => Madvise(task, args.A0, args.A1, (Madvice)(int)args.A2),
        Sysno.Mlock => Mlock(task, args.A0, args.A1, MlockFlags.None),
        Sysno.Mlock2 => Mlock(task, args.A0, args.A1, (MlockFlags)args.A2),
        Sysno.Munlock => Munlock(task, args.A0, args.A1),
        Sysno.Mlockall => Mlockall(task, (MlockAllFlags)args.A0),
        Sysno.Munlockall => Munlockall(task),
        Sysno.Mincore => Mincore(task, args.A0, args.A1, args.A2, []),
        Sysno.Msync => Msync(task, args.A0, args.A1, (MsyncFlags)args.A2),
        Sysno.Mseal => Mseal(task, args.A0, args.A1, args.A2),
        Sysno.RemapFilePages => RemapFilePages(task, args.A0, args.A1, (Prot)args.A2, args.A3, (MapFlags)args.A4),
        Sysno.Mbind => Mbind(task, args.A0, args.A1, args.A2, args.A3, args.A5),
        Sysno.SetMempolicy => SetMempolicy(task, args.A0, args.A1),
        Sysno.Swapon => Swapon(task, args.Text ?? "", (uint)args.A1, args.Inode),
        Sysno.Swapoff => Swapoff(task, args.Text ?? ""),
        _ => InvokeOther(task, in args),
    };

    private SysResult InvokeOther(int task, in SyscallArgs args)
    {
        _clock.SystemCalls++;
        _scheduler.Run(task);
        _events.RunDue();
        return Dispatch(task, in args);
    }

    private SysResult Dispatch(int task, in SyscallArgs args) => args.Number switch
    {
        Sysno.Open => Open(task, args.Inode, (OpenFlags)args.A1, args.RecordedFdPlusOne - 1),
        Sysno.Openat => Open(task, args.Inode, (OpenFlags)args.A2, args.RecordedFdPlusOne - 1),
        Sysno.Creat => Open(task, args.Inode, OpenFlags.Create | OpenFlags.WriteOnly | OpenFlags.Truncate, args.RecordedFdPlusOne - 1),
        Sysno.Close => Close(task, (int)args.A0),
        Sysno.Dup => Dup(task, (int)args.A0),
        Sysno.Dup2 => Dup2(task, (int)args.A0, (int)args.A1),
        Sysno.Dup3 => Dup3(task, (int)args.A0, (int)args.A1, (OpenFlags)args.A2),
        Sysno.Lseek => Lseek(task, (int)args.A0, (long)args.A1, (SeekWhence)args.A2),
        Sysno.Read => Read(task, (int)args.A0, args.A2),
        Sysno.Pread64 => Pread(task, (int)args.A0, args.A2, (long)args.A3),
        Sysno.Write => Write(task, (int)args.A0, args.A2),
        Sysno.Pwrite64 => Pwrite(task, (int)args.A0, args.A2, (long)args.A3),
        Sysno.Ftruncate => Ftruncate(task, (int)args.A0, (long)args.A1),
        Sysno.Readahead => Readahead(task, (int)args.A0, (long)args.A1, args.A2),
        Sysno.Fadvise64 => Fadvise(task, (int)args.A0, (long)args.A1, (long)args.A2, (int)args.A3),
        Sysno.Fsync or Sysno.Fdatasync => Fsync(task, (int)args.A0),
        Sysno.Syncfs => Syncfs(task, (int)args.A0),
        Sysno.SyncFileRange => SyncFileRange(task, (int)args.A0, (long)args.A1, (long)args.A2, (uint)args.A3),
        Sysno.Sync => Sync(task),
        Sysno.Truncate => Truncate(task, args.Inode, (long)args.A1),
        Sysno.Unlink or Sysno.Unlinkat => Unlink(task, args.Inode),
        Sysno.MemfdCreate => MemfdCreate(task, args.Text ?? "", (MemfdFlags)args.A1, args.RecordedFdPlusOne - 1),
        Sysno.Fcntl => Fcntl(task, (int)args.A0, (int)args.A1, args.A2),
        Sysno.Shmget => Shmget(task, (int)args.A0, args.A1, (ShmFlags)args.A2),
        Sysno.Shmat => Shmat(task, (int)args.A0, args.A1, (ShmFlags)args.A2),
        Sysno.Shmdt => Shmdt(task, args.A0),
        Sysno.Shmctl => Shmctl(task, (int)args.A0, (int)args.A1),
        Sysno.Fork => Clone(task, CloneFlags.None, args.ChildPid),
        Sysno.Vfork => Clone(task, CloneFlags.Vm | CloneFlags.Vfork, args.ChildPid),
        Sysno.Clone => Clone(task, (CloneFlags)args.A0, args.ChildPid),
        Sysno.Clone3 => Clone(task, args.CloneFlags, args.ChildPid),
        Sysno.Execve => Execve(task, args.Image),
        Sysno.Exit => Exit(task),
        Sysno.ExitGroup => ExitGroup(task),
        Sysno.Prlimit64 => Prlimit(task, (int)args.A0, (RlimitResource)args.A1, args.Limit, out _),
        Sysno.Setrlimit or Sysno.Getrlimit => Prlimit(task, 0, (RlimitResource)args.A0, args.Limit, out _),
        Sysno.Personality => SetPersonality(task, (uint)args.A0),
        Sysno.Setuid => Setuid(task, (uint)args.A0),
        Sysno.Setgid => SysResult.Ok,
        Sysno.Getpid => SysResult.Of((ulong)_tasks.Tasks[task].Tgid),
        Sysno.Gettid or Sysno.SetTidAddress => SysResult.Of((ulong)_tasks.Tasks[task].Pid),
        Sysno.SetRobustList or Sysno.Rseq => SysResult.Ok,
        Sysno.ArchPrctl => ArchPrctl(task, args.A0, args.A1),
        Sysno.Prctl => Prctl(task, args.A0, args.Text),
        _ => Errno.ENOSYS,
    };
}
