namespace Pagewise.Kernel.Hardware;

/// <summary>The page-table formats a machine can have.</summary>
public enum PageTableFormat
{
    /// <summary>x86-64 with four levels: 48-bit addresses.</summary>
    X86_64,

    /// <summary>x86-64 with five levels (LA57): 57-bit addresses.</summary>
    X86_64_5Level,

    /// <summary>x86 with two levels: 32-bit addresses, 4-byte entries.</summary>
    X86_32,

    /// <summary>x86 with physical address extension: three levels, 8-byte entries, 32-bit addresses.</summary>
    X86Pae,
}
