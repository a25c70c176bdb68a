namespace Pagewise.Abi;

/// <summary>Flags of shmget(2) and shmat(2): <c>IPC_*</c> and <c>SHM_*</c>.</summary>
[Flags]
public enum ShmFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,
    /// <summary><c>IPC_CREAT</c>.</summary>
    Create = 0x200,
    /// <summary><c>IPC_EXCL</c>.</summary>
    Exclusive = 0x400,
    /// <summary><c>SHM_HUGETLB</c>.</summary>
    HugeTlb = 0x800,
    /// <summary><c>SHM_NORESERVE</c>.</summary>
    NoReserve = 0x1000,
    /// <summary><c>SHM_RDONLY</c> (shmat).</summary>
    ReadOnly = 0x1000,
    /// <summary><c>SHM_RND</c> (shmat): round the address down to SHMLBA.</summary>
    Round = 0x2000,
    /// <summary><c>SHM_REMAP</c> (shmat): replace mappings in the range.</summary>
    Remap = 0x4000,
    /// <summary><c>SHM_EXEC</c> (shmat).</summary>
    Exec = 0x8000,
}
