namespace Pagewise.Abi;

/// <summary>clone(2)'s <c>CLONE_*</c> flags (uapi/linux/sched.h), those that memory management or accounting reads.</summary>
[Flags]
public enum CloneFlags : ulong
{
    /// <summary>No flag: a process of its own, as fork(2).</summary>
    None = 0,
    /// <summary><c>CLONE_VM</c>: share the address space.</summary>
    Vm = 0x100,
    /// <summary><c>CLONE_FS</c>.</summary>
    Fs = 0x200,
    /// <summary><c>CLONE_FILES</c>: share the file table.</summary>
    Files = 0x400,
    /// <summary><c>CLONE_SIGHAND</c>: needs Vm.</summary>
    SigHand = 0x800,
    /// <summary><c>CLONE_VFORK</c>: the parent waits until the child calls execve or exits.</summary>
    Vfork = 0x4000,
    /// <summary><c>CLONE_PARENT</c>: the caller's parent becomes the parent.</summary>
    Parent = 0x8000,
    /// <summary><c>CLONE_THREAD</c>: a thread of the caller's group; needs SigHand.</summary>
    Thread = 0x10000,
}
