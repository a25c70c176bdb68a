namespace Pagewise.Kernel.Faults;

/// <summary>What a walk over a range of an address space does with what it finds (mm/pagewalk.c's mm_walk_ops), as a struct.</summary>
internal interface IEntryVisitor
{
    /// <summary>Consecutive entries of one last-level table.</summary>
    /// <param name="firstEntry">Physical address of the first entry.</param>
    /// <param name="address">The virtual address it maps.</param>
    /// <param name="end">One past the last virtual address.</param>
    /// <returns>False ends the walk.</returns>
    bool Entries(ulong firstEntry, ulong address, ulong end);

    /// <summary>A large entry, or a marker in its place, above the last level.</summary>
    /// <param name="entryAt">Physical address of the entry.</param>
    /// <param name="entry">Its value.</param>
    /// <param name="level">Its level.</param>
    /// <param name="address">First virtual address of interest under it.</param>
    /// <param name="end">One past the last of interest under it.</param>
    /// <returns>What to do next.</returns>
    VisitResult Large(ulong entryAt, ulong entry, int level, ulong address, ulong end);

    /// <summary>A part of the range that has no table.</summary>
    /// <returns>False ends the walk.</returns>
    bool Hole(ulong address, ulong end);
}
