using Pagewise.Abi;

namespace Pagewise.Kernel.Mappings;

/// <summary>One mremap under way: Linux's vma_remap_struct (mm/mremap.c, 6.15).</summary>
internal struct Remap
{
    /// <summary>First address of the range.</summary>
    public ulong Address;

    /// <summary>Its length in bytes.</summary>
    public ulong OldLength;

    /// <summary>The length wanted.</summary>
    public ulong NewLength;

    /// <summary>The address wanted, with MREMAP_FIXED or MREMAP_DONTUNMAP; later the one chosen.</summary>
    public ulong NewAddress;

    /// <summary>MREMAP_* flags.</summary>
    public MremapFlags Flags;

    /// <summary>The area that holds the first address.</summary>
    public int Vma;

    /// <summary>Whether locked pages were added and must be faulted in.</summary>
    public bool IsLocked;

    /// <summary>Whether the caller names an address (vrm_implies_new_addr).</summary>
    public readonly bool HasNewAddress => (Flags & (MremapFlags.Fixed | MremapFlags.DontUnmap)) != 0;

    /// <summary>Whether the range gets smaller.</summary>
    public readonly bool IsShrink => NewLength < OldLength;

    /// <summary>Whether the old and the new range have addresses in common.</summary>
    public readonly bool Overlaps => Address + OldLength > NewAddress && NewAddress + NewLength > Address;
}
