using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.Faults;

/// <summary>
/// What reclaim asks of the entries that map a page, found from the page (rmap_walk, mm/rmap.c). One closed subclass per
/// page-table format; a call a page, never one an access.
/// </summary>
internal abstract class RmapWalks
{
    /// <summary>Entries through which a page was used since the last look; they look unused afterwards (folio_referenced).</summary>
    /// <param name="pfn">The page, or the head of a huge page.</param>
    /// <param name="target">The cgroup that is reclaimed for: uses by processes that are not below it do not count and stay noted; 0: all count.</param>
    /// <param name="flags">What the areas that used it are; locked areas are in it whether they used it or not.</param>
    public abstract int Referenced(uint pfn, int target, out VmFlags flags);

    /// <summary>
    /// Unmaps a page everywhere (try_to_unmap): entries of anonymous pages name its slot of swap afterwards, or are empty
    /// when it was lazily freed. A page that was written through an entry is dirty afterwards.
    /// </summary>
    /// <returns>Whether nothing maps it any more.</returns>
    public abstract bool TryToUnmap(uint pfn);

    /// <summary>Asks the host for an entry that maps an anonymous page, which will be looked at soon. Changes nothing in the model.</summary>
    public abstract void Prefetch(uint pfn);

    /// <summary>Whether who reclaims has a walk (current->reclaim_state->mm_walk), so that what looking around finds is promoted at once.</summary>
    public bool HasGenWalk { get; set; }

    /// <summary>Whether that walk looks at swap-backed pages.</summary>
    public bool GenWalkCanSwap { get; set; }

    /// <summary>Looks at the page tables of an address space for pages that were used, and makes them young (walk_mm).</summary>
    /// <param name="mm">The address space.</param>
    /// <param name="walk">For which generation.</param>
    public abstract void Age(int mm, in GenWalk walk);

    /// <summary>Breaks a huge page that is mapped into single ones, all where they were (split_folio). False when it is in use otherwise.</summary>
    /// <param name="head">Its head, isolated, with one reference for that.</param>
    public abstract bool SplitHuge(uint head);

    /// <summary>Checks that each mapped page is found through as many entries as its counts say: for tests.</summary>
    /// <exception cref="InvalidOperationException">An entry is not found, or found twice.</exception>
    public abstract void Validate();
}
