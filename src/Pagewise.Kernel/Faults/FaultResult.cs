namespace Pagewise.Kernel.Faults;

/// <summary>How a fault handler fared: Linux's vm_fault_t (VM_FAULT_*), with its values.</summary>
[Flags]
internal enum FaultResult : uint
{
    /// <summary>Resolved.</summary>
    None = 0,

    /// <summary>No frame is left (VM_FAULT_OOM).</summary>
    Oom = 0x1,

    /// <summary>Beyond the end of the file (VM_FAULT_SIGBUS).</summary>
    Bus = 0x2,

    /// <summary>A device was read (VM_FAULT_MAJOR).</summary>
    Major = 0x4,

    /// <summary>A guard page or another forbidden place (VM_FAULT_SIGSEGV).</summary>
    Segv = 0x40,

    /// <summary>It waited for a device with the address space unlocked and started over (VM_FAULT_RETRY): getrusage counts that as major.</summary>
    Retry = 0x400,

    /// <summary>What getrusage counts as a major fault.</summary>
    MajorOrRetry = Major | Retry,

    /// <summary>No huge page: try a small one (VM_FAULT_FALLBACK).</summary>
    Fallback = 0x800,

    /// <summary>Any failure (VM_FAULT_ERROR).</summary>
    Error = Oom | Bus | Segv,
}
