using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Kernel.SystemCalls;

/// <summary>
/// The first door: every system call that memory depends on, for a task named by its index in the task table. Results
/// are what the modelled kernel leaves in the return register.
/// </summary>
public sealed partial class SystemCalls
{
    private readonly TaskTable _tasks;

    /// <summary>Opens the door over a machine's state.</summary>
    /// <param name="settings">The kernel's settings.</param>
    /// <param name="spaces">Areas and address spaces.</param>
    /// <param name="inodes">Files.</param>
    /// <param name="pageTables">The page tables of all address spaces.</param>
    /// <param name="tasks">The tasks.</param>
    public SystemCalls(VmSettings settings, AddressSpaceArenas spaces, InodeTable inodes, PageTables pageTables, TaskTable tasks)
    {
        _tasks = tasks;
    }

    /// <summary>The door as one task has it.</summary>
    public TaskSystemCalls For(int task) => new(this, task);

    /// <summary>Whether <see cref="Invoke"/> models a call; of the others it returns ENOSYS.</summary>
    public static bool IsModelled(Sysno number) => number is not Sysno.Unknown;

    /// <summary>Makes a system call by number, as the entry code does: for recordings.</summary>
    /// <param name="task">The calling task's index.</param>
    /// <param name="args">The call. What its pointers stand for comes with it.</param>
    public SysResult Invoke(int task, in SyscallArgs args) => args.Number switch
    {
        Sysno.Brk => Brk(task, args.A0),
        Sysno.Mmap => Mmap(task, args.A0, args.A1, (Prot)args.A2, (MapFlags)args.A3, (int)args.A4, args.A5),
        Sysno.Munmap => Munmap(task, args.A0, args.A1),
        Sysno.Mprotect => Mprotect(task, args.A0, args.A1, (Prot)args.A2),
        Sysno.Mremap => Mremap(task, args.A0, args.A1, args.A2, (MremapFlags)args.A3, args.A4),
        Sysno.Madvise => Madvise(task, args.A0, args.A1, (Madvice)args.A2),
        _ => Errno.ENOSYS,
    };
}
