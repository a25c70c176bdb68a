namespace Pagewise.Abi;

/// <summary>madvise(2)'s <c>MADV_*</c> advice values (uapi/asm-generic/mman-common.h).</summary>
public enum Madvice
{
    /// <summary><c>MADV_NORMAL</c>.</summary>
    Normal = 0,
    /// <summary><c>MADV_RANDOM</c>.</summary>
    Random = 1,
    /// <summary><c>MADV_SEQUENTIAL</c>.</summary>
    Sequential = 2,
    /// <summary><c>MADV_WILLNEED</c>.</summary>
    WillNeed = 3,
    /// <summary><c>MADV_DONTNEED</c>.</summary>
    DontNeed = 4,
    /// <summary><c>MADV_FREE</c>.</summary>
    Free = 8,
    /// <summary><c>MADV_REMOVE</c>.</summary>
    Remove = 9,
    /// <summary><c>MADV_DONTFORK</c>.</summary>
    DontFork = 10,
    /// <summary><c>MADV_DOFORK</c>.</summary>
    DoFork = 11,
    /// <summary><c>MADV_MERGEABLE</c>.</summary>
    Mergeable = 12,
    /// <summary><c>MADV_UNMERGEABLE</c>.</summary>
    Unmergeable = 13,
    /// <summary><c>MADV_HUGEPAGE</c>.</summary>
    HugePage = 14,
    /// <summary><c>MADV_NOHUGEPAGE</c>.</summary>
    NoHugePage = 15,
    /// <summary><c>MADV_DONTDUMP</c>.</summary>
    DontDump = 16,
    /// <summary><c>MADV_DODUMP</c>.</summary>
    DoDump = 17,
    /// <summary><c>MADV_WIPEONFORK</c>.</summary>
    WipeOnFork = 18,
    /// <summary><c>MADV_KEEPONFORK</c>.</summary>
    KeepOnFork = 19,
    /// <summary><c>MADV_COLD</c>.</summary>
    Cold = 20,
    /// <summary><c>MADV_PAGEOUT</c>.</summary>
    PageOut = 21,
    /// <summary><c>MADV_POPULATE_READ</c> (5.14).</summary>
    PopulateRead = 22,
    /// <summary><c>MADV_POPULATE_WRITE</c> (5.14).</summary>
    PopulateWrite = 23,
    /// <summary><c>MADV_DONTNEED_LOCKED</c> (5.18).</summary>
    DontNeedLocked = 24,
    /// <summary><c>MADV_COLLAPSE</c> (6.1).</summary>
    Collapse = 25,
    /// <summary><c>MADV_HWPOISON</c>.</summary>
    HwPoison = 100,
    /// <summary><c>MADV_SOFT_OFFLINE</c>.</summary>
    SoftOffline = 101,
    /// <summary><c>MADV_GUARD_INSTALL</c> (6.13).</summary>
    GuardInstall = 102,
    /// <summary><c>MADV_GUARD_REMOVE</c> (6.13).</summary>
    GuardRemove = 103,
}
