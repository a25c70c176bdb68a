namespace Pagewise.Abi;

/// <summary>Protection of a mapping: mmap(2)'s and mprotect(2)'s <c>PROT_*</c> (uapi/asm-generic/mman-common.h).</summary>
[Flags]
public enum Prot : uint
{
    /// <summary>No access (<c>PROT_NONE</c>).</summary>
    None = 0,
    /// <summary><c>PROT_READ</c>.</summary>
    Read = 0x1,
    /// <summary><c>PROT_WRITE</c>.</summary>
    Write = 0x2,
    /// <summary><c>PROT_EXEC</c>.</summary>
    Exec = 0x4,
    /// <summary><c>PROT_SEM</c>: accepted, no effect on x86.</summary>
    Sem = 0x8,
    /// <summary><c>PROT_GROWSDOWN</c> (mprotect only).</summary>
    GrowsDown = 0x01000000,
    /// <summary><c>PROT_GROWSUP</c> (mprotect only).</summary>
    GrowsUp = 0x02000000,
}
