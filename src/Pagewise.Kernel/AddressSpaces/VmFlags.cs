namespace Pagewise.Kernel.AddressSpaces;

/// <summary>vm_area_struct's vm_flags (include/linux/mm.h), with Linux's x86-64 values where it has one.</summary>
[Flags]
public enum VmFlags : ulong
{
    /// <summary>No flag.</summary>
    None = 0,
    /// <summary><c>VM_READ</c>.</summary>
    Read = 0x1,
    /// <summary><c>VM_WRITE</c>.</summary>
    Write = 0x2,
    /// <summary><c>VM_EXEC</c>.</summary>
    Exec = 0x4,
    /// <summary><c>VM_SHARED</c>.</summary>
    Shared = 0x8,
    /// <summary>The access bits (<c>VM_ACCESS_FLAGS</c>).</summary>
    AccessMask = 0x7,
    /// <summary><c>VM_MAYREAD</c>: mprotect may set Read.</summary>
    MayRead = 0x10,
    /// <summary><c>VM_MAYWRITE</c>.</summary>
    MayWrite = 0x20,
    /// <summary><c>VM_MAYEXEC</c>.</summary>
    MayExec = 0x40,
    /// <summary><c>VM_MAYSHARE</c>.</summary>
    MayShare = 0x80,
    /// <summary><c>VM_GROWSDOWN</c>.</summary>
    GrowsDown = 0x100,
    /// <summary><c>VM_MAYBE_GUARD</c> (6.18): a guard marker may be present, which fork copies. Merging ignores it and keeps it.</summary>
    MaybeGuard = 0x800,
    /// <summary><c>VM_PFNMAP</c>: frames without struct page (vvar).</summary>
    PfnMap = 0x400,
    /// <summary><c>VM_LOCKED</c>.</summary>
    Locked = 0x2000,
    /// <summary><c>VM_IO</c>.</summary>
    Io = 0x4000,
    /// <summary><c>VM_SEQ_READ</c>.</summary>
    SeqRead = 0x8000,
    /// <summary><c>VM_RAND_READ</c>.</summary>
    RandRead = 0x10000,
    /// <summary><c>VM_DONTCOPY</c>: not copied by fork.</summary>
    DontCopy = 0x20000,
    /// <summary><c>VM_DONTEXPAND</c>: mremap may not grow it.</summary>
    DontExpand = 0x40000,
    /// <summary><c>VM_LOCKONFAULT</c>.</summary>
    LockOnFault = 0x80000,
    /// <summary><c>VM_ACCOUNT</c>: charged to the overcommit account.</summary>
    Account = 0x100000,
    /// <summary><c>VM_NORESERVE</c>.</summary>
    NoReserve = 0x200000,
    /// <summary><c>VM_HUGETLB</c>.</summary>
    HugeTlb = 0x400000,
    /// <summary><c>VM_SYNC</c>: MAP_SYNC, which only a DAX file system honours.</summary>
    Sync = 0x800000,
    /// <summary><c>VM_WIPEONFORK</c>.</summary>
    WipeOnFork = 0x2000000,
    /// <summary><c>VM_DONTDUMP</c>.</summary>
    DontDump = 0x4000000,
    /// <summary><c>VM_SOFTDIRTY</c>: ignored by merging; not modelled otherwise.</summary>
    SoftDirty = 0x8000000,
    /// <summary><c>VM_MIXEDMAP</c>.</summary>
    MixedMap = 0x10000000,
    /// <summary><c>VM_HUGEPAGE</c>.</summary>
    HugePage = 0x20000000,
    /// <summary><c>VM_NOHUGEPAGE</c>.</summary>
    NoHugePage = 0x40000000,
    /// <summary><c>VM_MERGEABLE</c> (KSM).</summary>
    Mergeable = 0x80000000,
    /// <summary><c>VM_DROPPABLE</c> (6.11).</summary>
    Droppable = 1UL << 40,
    /// <summary><c>VM_SEALED</c> (6.10).</summary>
    Sealed = 1UL << 42,
    /// <summary>Flags that neither a split nor a merge crosses (<c>VM_SPECIAL</c>).</summary>
    Special = Io | DontExpand | PfnMap | MixedMap,
}
