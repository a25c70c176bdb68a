namespace Pagewise.Abi;

/// <summary>personality(2)'s flags that address spaces depend on (uapi/linux/personality.h).</summary>
[Flags]
public enum Personality : uint
{
    /// <summary><c>PER_LINUX</c>.</summary>
    Linux = 0,
    /// <summary><c>ADDR_NO_RANDOMIZE</c>: no ASLR, as <c>setarch -R</c> asks.</summary>
    AddrNoRandomize = 0x0040000,
    /// <summary><c>MMAP_PAGE_ZERO</c>: execve maps page 0, readable.</summary>
    MmapPageZero = 0x0100000,
    /// <summary><c>ADDR_COMPAT_LAYOUT</c>: mmap places from low to high.</summary>
    AddrCompatLayout = 0x0200000,
    /// <summary><c>READ_IMPLIES_EXEC</c>: PROT_READ asks for PROT_EXEC too.</summary>
    ReadImpliesExec = 0x0400000,
    /// <summary><c>ADDR_LIMIT_3GB</c>: the 32-bit task ends at 3 GiB.</summary>
    AddrLimit3Gb = 0x8000000,
}
