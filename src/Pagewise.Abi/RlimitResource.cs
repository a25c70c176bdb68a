namespace Pagewise.Abi;

/// <summary>Resources of setrlimit(2) and prlimit(2) (uapi/asm-generic/resource.h).</summary>
public enum RlimitResource
{
    /// <summary><c>RLIMIT_CPU</c>.</summary>
    Cpu = 0,
    /// <summary><c>RLIMIT_FSIZE</c>.</summary>
    FileSize = 1,
    /// <summary><c>RLIMIT_DATA</c>, bytes.</summary>
    Data = 2,
    /// <summary><c>RLIMIT_STACK</c>, bytes.</summary>
    Stack = 3,
    /// <summary><c>RLIMIT_CORE</c>.</summary>
    Core = 4,
    /// <summary><c>RLIMIT_RSS</c>: no effect in Linux.</summary>
    Rss = 5,
    /// <summary><c>RLIMIT_NPROC</c>.</summary>
    Processes = 6,
    /// <summary><c>RLIMIT_NOFILE</c>.</summary>
    OpenFiles = 7,
    /// <summary><c>RLIMIT_MEMLOCK</c>, bytes.</summary>
    MemLock = 8,
    /// <summary><c>RLIMIT_AS</c>, bytes.</summary>
    AddressSpace = 9,
    /// <summary><c>RLIMIT_LOCKS</c>.</summary>
    Locks = 10,
    /// <summary><c>RLIMIT_SIGPENDING</c>.</summary>
    SignalsPending = 11,
    /// <summary><c>RLIMIT_MSGQUEUE</c>.</summary>
    MessageQueue = 12,
    /// <summary><c>RLIMIT_NICE</c>.</summary>
    Nice = 13,
    /// <summary><c>RLIMIT_RTPRIO</c>.</summary>
    RealtimePriority = 14,
    /// <summary><c>RLIMIT_RTTIME</c>.</summary>
    RealtimeTime = 15,
}
