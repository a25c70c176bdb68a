namespace Pagewise.Kernel.Mappings;

/// <summary>Areas about to be unmapped, already split at the ends of the range: Linux's vma_munmap_struct.</summary>
internal struct UnmapRange
{
    /// <summary>The lowest area; 0 when the range holds none.</summary>
    public int First;

    /// <summary>The area below the range; 0 when none.</summary>
    public int Prev;

    /// <summary>The area above the range; 0 when none.</summary>
    public int Next;

    /// <summary>First address of the range.</summary>
    public ulong Start;

    /// <summary>One past its last address.</summary>
    public ulong End;

    /// <summary>Pages in the areas.</summary>
    public ulong Pages;

    /// <summary>Of these, pages charged to the commit account.</summary>
    public ulong Accounted;
}
