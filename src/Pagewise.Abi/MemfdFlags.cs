namespace Pagewise.Abi;

/// <summary>memfd_create(2)'s <c>MFD_*</c> flags.</summary>
[Flags]
public enum MemfdFlags : uint
{
    /// <summary>No flag: sealing is off (F_SEAL_SEAL is set).</summary>
    None = 0,
    /// <summary><c>MFD_CLOEXEC</c>.</summary>
    CloseOnExec = 1,
    /// <summary><c>MFD_ALLOW_SEALING</c>.</summary>
    AllowSealing = 2,
    /// <summary><c>MFD_HUGETLB</c>.</summary>
    HugeTlb = 4,
    /// <summary><c>MFD_NOEXEC_SEAL</c> (6.3).</summary>
    NoExecSeal = 8,
    /// <summary><c>MFD_EXEC</c> (6.3).</summary>
    Exec = 16,
}
