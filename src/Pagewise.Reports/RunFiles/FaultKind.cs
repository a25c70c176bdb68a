namespace Pagewise.Reports.RunFiles;

/// <summary>What resolved a page fault, in the order in which a fault that did several things is told by.</summary>
public enum FaultKind
{
    /// <summary>A page that was in swap.</summary>
    SwapIn,

    /// <summary>A private copy.</summary>
    CopyOnWrite,

    /// <summary>A 2 MiB page.</summary>
    Huge,

    /// <summary>A new zeroed page.</summary>
    Anonymous,

    /// <summary>The shared zero page.</summary>
    ZeroPage,

    /// <summary>A page of a file.</summary>
    File,

    /// <summary>A page that had only to become writable.</summary>
    WriteReuse,

    /// <summary>Nothing: the entry allowed the access already.</summary>
    Spurious,

    /// <summary>SIGSEGV: no area.</summary>
    SegvMapErr,

    /// <summary>SIGSEGV: the area forbids it.</summary>
    SegvAccErr,

    /// <summary>SIGBUS.</summary>
    Bus,

    /// <summary>The task was killed, for no memory was left.</summary>
    Killed,

    /// <summary>None of these: a table or a lock was awaited, and the access is tried again.</summary>
    Other,
}
