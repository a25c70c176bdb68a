namespace Pagewise.Workloads;

/// <summary>What stands behind a call's pointer arguments; see the <see cref="EventBatch"/> method for each.</summary>
public enum PayloadKind : byte
{
    /// <summary>Nothing was recorded.</summary>
    None = 0,
    /// <summary>mincore's vector, a byte a page; the bytes of write and pwrite64 as far as recorded: <see cref="EventBatch.PayloadBytes"/>.</summary>
    Bytes = 1,
    /// <summary>stat, fstat, lstat, newfstatat and statx: <see cref="EventBatch.FileStatus"/>.</summary>
    FileStatus = 2,
    /// <summary>prlimit64, getrlimit, setrlimit: <see cref="EventBatch.Limits"/>.</summary>
    Limits = 3,
    /// <summary>fork, vfork, clone and clone3: <see cref="EventBatch.CloneArguments"/>.</summary>
    CloneArguments = 4,
    /// <summary>execve's argument vector, string ids: <see cref="EventBatch.ArgumentVector"/>.</summary>
    ArgumentVector = 5,
}
