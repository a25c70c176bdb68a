namespace Pagewise.Kernel.Hardware;

/// <summary>
/// Bits of a page-table entry as x86 has them (Intel SDM vol. 3A, 4.3–4.5) and as Linux uses the ones that hardware
/// ignores (arch/x86/include/asm/pgtable_types.h). The low 12 bits mean the same in 4-byte and 8-byte entries.
/// </summary>
public static class PteBits
{
    /// <summary>P: the entry maps something. Clear: hardware ignores every other bit and faults.</summary>
    public const ulong Present = 1UL << 0;

    /// <summary>R/W: stores are allowed.</summary>
    public const ulong Write = 1UL << 1;

    /// <summary>U/S: user mode may use it.</summary>
    public const ulong User = 1UL << 2;

    /// <summary>PWT: write-through caching; never set by the model.</summary>
    public const ulong WriteThrough = 1UL << 3;

    /// <summary>PCD: caching disabled; never set by the model.</summary>
    public const ulong CacheDisable = 1UL << 4;

    /// <summary>A: set by the walker when it uses the entry.</summary>
    public const ulong Accessed = 1UL << 5;

    /// <summary>D: set by the walker on a store through a leaf.</summary>
    public const ulong Dirty = 1UL << 6;

    /// <summary>PS: an entry above the last level maps a large page.</summary>
    public const ulong PageSize = 1UL << 7;

    /// <summary>G: the translation belongs to every address space.</summary>
    public const ulong Global = 1UL << 8;

    /// <summary>_PAGE_PROTNONE: with P clear, the same bit as G says that a page is there but may not be used.</summary>
    public const ulong ProtNone = 1UL << 8;

    /// <summary>_PAGE_SPECIAL: a frame that is not counted (zero page, vvar); software bit 9.</summary>
    public const ulong Special = 1UL << 9;

    /// <summary>XD/NX: no instruction fetch. Formats with 4-byte entries have none.</summary>
    public const ulong NoExecute = 1UL << 63;

    /// <summary>The bits of an 8-byte entry that hold the frame's physical address.</summary>
    public const ulong AddressMask = 0x000F_FFFF_FFFF_F000UL;

    /// <summary>What Linux puts in an entry that points to a table (_PAGE_TABLE): all rights, the leaf decides.</summary>
    public const ulong TableEntry = Present | Write | User | Accessed | Dirty;
}
