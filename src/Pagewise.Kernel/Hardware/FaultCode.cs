namespace Pagewise.Kernel.Hardware;

/// <summary>The error code that x86 pushes with a page fault (X86_PF_*).</summary>
[Flags]
public enum FaultCode : uint
{
    /// <summary>A load of a page that is not present, by the kernel.</summary>
    None = 0,

    /// <summary>The entry was present: rights were lacking (X86_PF_PROT).</summary>
    Protection = 1,

    /// <summary>A store (X86_PF_WRITE).</summary>
    Write = 2,

    /// <summary>From user mode (X86_PF_USER).</summary>
    User = 4,

    /// <summary>An instruction fetch (X86_PF_INSTR).</summary>
    Instruction = 16,
}
