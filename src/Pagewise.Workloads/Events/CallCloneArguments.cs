namespace Pagewise.Workloads;

/// <summary>struct clone_args (uapi/linux/sched.h) of clone3, and what fork, vfork and clone mean in its terms.</summary>
public struct CallCloneArguments
{
    /// <summary><c>CLONE_*</c> flags, without the exit signal.</summary>
    public ulong Flags;

    /// <summary>Where the pidfd is stored.</summary>
    public ulong Pidfd;

    /// <summary>Where the child's tid is stored in the child, or cleared when it ends.</summary>
    public ulong ChildTid;

    /// <summary>Where the child's tid is stored in the parent.</summary>
    public ulong ParentTid;

    /// <summary>The signal that the parent gets when the child ends.</summary>
    public ulong ExitSignal;

    /// <summary>The child's stack: its lowest byte for clone3, the stack pointer for clone, 0 to share the parent's.</summary>
    public ulong Stack;

    /// <summary>The stack's size in bytes (clone3).</summary>
    public ulong StackSizeBytes;

    /// <summary>The child's thread pointer (FS base on x86-64) with <c>CLONE_SETTLS</c>.</summary>
    public ulong Tls;
}
