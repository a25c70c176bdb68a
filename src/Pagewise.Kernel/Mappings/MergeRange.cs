using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.Mappings;

/// <summary>A range that may become part of a neighbouring area: Linux's vma_merge_struct (mm/vma.h, 6.12).</summary>
internal struct MergeRange
{
    /// <summary>The area below the range, adjacent or not; 0 when none.</summary>
    public int Prev;

    /// <summary>The existing area that holds the range; 0 for a range not mapped yet.</summary>
    public int Middle;

    /// <summary>The area above the range, or above <see cref="Middle"/>; 0 when none.</summary>
    public int Next;

    /// <summary>First address.</summary>
    public ulong Start;

    /// <summary>One past the last address.</summary>
    public ulong End;

    /// <summary>The page offset at <see cref="Start"/>.</summary>
    public ulong PgOff;

    /// <summary>The flags that the range is to have.</summary>
    public VmFlags Flags;

    /// <summary>Its open file.</summary>
    public int File;

    /// <summary>Its memory policy, by number.</summary>
    public int Policy;

    /// <summary>Its anon_vma.</summary>
    public int AnonVma;

    /// <summary>The area whose copy the range is (mremap); 0 otherwise.</summary>
    public int CopiedFrom;

    /// <summary>The area above is asked first, and the one below then has to fit its anon_vma (mmap before 6.12).</summary>
    public bool AsksAreaAboveFirst;

    /// <summary>Only the area below may take the range in (brk).</summary>
    public bool JustExpand;
}
