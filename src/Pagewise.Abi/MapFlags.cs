namespace Pagewise.Abi;

/// <summary>mmap(2)'s <c>MAP_*</c> flags as x86 has them (uapi/asm-generic/mman.h, uapi/asm/mman.h).</summary>
[Flags]
public enum MapFlags : uint
{
    /// <summary>No flag: an invalid mapping type.</summary>
    None = 0,
    /// <summary><c>MAP_SHARED</c>.</summary>
    Shared = 0x01,
    /// <summary><c>MAP_PRIVATE</c>.</summary>
    Private = 0x02,
    /// <summary><c>MAP_SHARED_VALIDATE</c>: shared, and unknown flags are refused.</summary>
    SharedValidate = 0x03,
    /// <summary>The bits of the mapping type.</summary>
    TypeMask = 0x0f,
    /// <summary><c>MAP_FIXED</c>.</summary>
    Fixed = 0x10,
    /// <summary><c>MAP_ANONYMOUS</c>.</summary>
    Anonymous = 0x20,
    /// <summary><c>MAP_32BIT</c> (x86): place in [1 GiB, 2 GiB).</summary>
    Bit32 = 0x40,
    /// <summary><c>MAP_ABOVE4G</c> (x86): place above 4 GiB.</summary>
    Above4G = 0x80,
    /// <summary><c>MAP_GROWSDOWN</c>.</summary>
    GrowsDown = 0x0100,
    /// <summary><c>MAP_DENYWRITE</c>: ignored by Linux.</summary>
    DenyWrite = 0x0800,
    /// <summary><c>MAP_EXECUTABLE</c>: ignored by Linux.</summary>
    Executable = 0x1000,
    /// <summary><c>MAP_LOCKED</c>.</summary>
    Locked = 0x2000,
    /// <summary><c>MAP_NORESERVE</c>.</summary>
    NoReserve = 0x4000,
    /// <summary><c>MAP_POPULATE</c>.</summary>
    Populate = 0x8000,
    /// <summary><c>MAP_NONBLOCK</c>.</summary>
    NonBlock = 0x10000,
    /// <summary><c>MAP_STACK</c>: no effect but VM_NOHUGEPAGE on 6.7 and later.</summary>
    Stack = 0x20000,
    /// <summary><c>MAP_HUGETLB</c>.</summary>
    HugeTlb = 0x40000,
    /// <summary><c>MAP_SYNC</c>.</summary>
    Sync = 0x80000,
    /// <summary><c>MAP_FIXED_NOREPLACE</c>.</summary>
    FixedNoReplace = 0x100000,
    /// <summary><c>MAP_UNINITIALIZED</c>: ignored on machines with an MMU.</summary>
    Uninitialized = 0x4000000,
    /// <summary><c>MAP_DROPPABLE</c> (6.11 and later), a mapping type.</summary>
    Droppable = 0x08,
}
