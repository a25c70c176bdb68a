namespace Pagewise.Kernel.Hardware;

/// <summary>
/// The geometry and the encodings of one page-table format, as a struct that code is generic over: every member is
/// resolved when the code is compiled for the format. Levels count from the leaves: 1 holds the entries of 4 KiB pages
/// (PTE), 2 is PMD, 3 PUD, 4 P4D, 5 PGD; the highest level of a format is its PGD.
/// </summary>
public interface IPageTableFormat
{
    /// <summary>The name in a machine file.</summary>
    static abstract PageTableFormat Format { get; }

    /// <summary>Levels of tables, 2 to 5.</summary>
    static abstract int Levels { get; }

    /// <summary>Bytes of an entry, 4 or 8.</summary>
    static abstract int EntryBytes { get; }

    /// <summary>Address bits that index a table of one frame: 9 or 10. PAE's top table uses 2 of its 9.</summary>
    static abstract int IndexBits { get; }

    /// <summary>The most RAM the format can name, in bytes.</summary>
    static abstract ulong MaxMemoryBytes { get; }

    /// <summary>The highest level whose entries may map a page: 2 for 2 MiB or 4 MiB, 3 for 1 GiB.</summary>
    static abstract int MaxLeafLevel { get; }

    /// <summary><see cref="PteBits.NoExecute"/>, or 0 where the format has no such bit.</summary>
    static abstract ulong NoExecute { get; }

    /// <summary>Whether entries of the top table carry R/W and U/S; PAE's do not.</summary>
    static abstract bool TopHasRights { get; }

    /// <summary>First address beyond user space (TASK_SIZE_MAX).</summary>
    static abstract ulong TaskSize { get; }

    /// <summary>Bits of the frame address that are stored inverted in a PROT_NONE entry, against L1TF (arch/x86/include/asm/pgtable-invert.h); 0 for 4-byte entries.</summary>
    static abstract ulong InvertedWhenProtNone { get; }

    /// <summary>Whether an address has the sign-extended form that the CPU demands; else it raises #GP.</summary>
    static abstract bool IsCanonical(ulong address);

    /// <summary>Reads the entry at a physical address.</summary>
    static abstract ulong Load(PhysicalMemory memory, ulong physicalAddress);

    /// <summary>Writes the entry at a physical address.</summary>
    static abstract void Store(PhysicalMemory memory, ulong physicalAddress, ulong entry);

    /// <summary>The bit of a swap entry that says that the page was its address space's alone (_PAGE_SWP_EXCLUSIVE); free in both encodings.</summary>
    static abstract ulong SwapExclusive { get; }

    /// <summary>A non-present entry that names a swap type (device or marker, 0–31) and an offset (__swp_entry_to_pte).</summary>
    static abstract ulong MakeSwapEntry(int type, ulong offset);

    /// <summary>The type of a swap entry (__swp_type).</summary>
    static abstract int SwapType(ulong entry);

    /// <summary>The offset of a swap entry (__swp_offset).</summary>
    static abstract ulong SwapOffset(ulong entry);
}
