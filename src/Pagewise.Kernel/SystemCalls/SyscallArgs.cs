using Pagewise.Abi;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Kernel.SystemCalls;

/// <summary>A system call as the entry code sees it, with what its pointers stand for.</summary>
/// <param name="Number">Which call.</param>
/// <param name="A0">First argument.</param>
/// <param name="A1">Second argument.</param>
/// <param name="A2">Third argument.</param>
/// <param name="A3">Fourth argument.</param>
/// <param name="A4">Fifth argument.</param>
/// <param name="A5">Sixth argument.</param>
/// <remarks>The node mask of mbind (A3) and set_mempolicy (A1) stands in the argument itself, not where it points to.</remarks>
public readonly record struct SyscallArgs(Sysno Number, ulong A0 = 0, ulong A1 = 0, ulong A2 = 0, ulong A3 = 0, ulong A4 = 0, ulong A5 = 0)
{
    /// <summary>
    /// The inode that the path argument of open, openat, creat, truncate and unlink names; 0 when no such file exists.
    /// Path lookup is not modelled: who makes the call knows the file.
    /// </summary>
    public int Inode { get; init; }

    /// <summary>The string argument of memfd_create and of prctl(PR_SET_NAME).</summary>
    public string? Text { get; init; }

    /// <summary>The program that the path of execve names; null gives ENOENT.</summary>
    public ExecImage? Image { get; init; }

    /// <summary>The new limit of setrlimit and prlimit64; null when the pointer is.</summary>
    public Rlimit? Limit { get; init; }

    /// <summary>The flags field of clone3's argument structure.</summary>
    public CloneFlags CloneFlags { get; init; }

    /// <summary>The thread id that a new task gets (fork family); 0 takes the next free one.</summary>
    public int ChildPid { get; init; }

    /// <summary>
    /// The descriptor that a recording says was returned, plus 1; 0 takes the lowest free one. Recordings leave out
    /// calls such as pipe and socket, so the lowest free descriptor is not always known.
    /// </summary>
    public int RecordedFdPlusOne { get; init; }
}
