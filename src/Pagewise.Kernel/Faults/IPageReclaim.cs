namespace Pagewise.Kernel.Faults;

/// <summary>Who reclaims pages that a call names; reclaim, which stands above, implements it.</summary>
internal interface IPageReclaim
{
    /// <summary>Reclaims isolated pages, each with a reference, whatever their lists; those that cannot go are put back (reclaim_pages).</summary>
    /// <returns>Pages reclaimed.</returns>
    long ReclaimPages(ReadOnlySpan<uint> frames);
}
