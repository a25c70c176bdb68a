namespace Pagewise.Kernel.AddressSpaces;

/// <summary>The name that a special mapping carries of its own (arch_vma_name and vm_special_mapping).</summary>
public enum VmaName : byte
{
    /// <summary>None: /proc/PID/maps derives "[heap]" and "[stack]" from the addresses.</summary>
    None = 0,
    /// <summary>"[vvar]".</summary>
    Vvar = 1,
    /// <summary>"[vvar_vclock]" (6.13 and later).</summary>
    VvarVclock = 2,
    /// <summary>"[vdso]".</summary>
    Vdso = 3,
    /// <summary>"[vsyscall]": the gate page, outside every address space.</summary>
    Vsyscall = 4,
}
