namespace Pagewise.Kernel.AddressSpaces;

/// <summary>Resident pages of an address space by kind: mm_struct's rss_stat.</summary>
public struct RssCounters
{
    /// <summary><c>MM_FILEPAGES</c>.</summary>
    public long FilePages;

    /// <summary><c>MM_ANONPAGES</c>.</summary>
    public long AnonPages;

    /// <summary><c>MM_SHMEMPAGES</c>.</summary>
    public long ShmemPages;

    /// <summary><c>MM_SWAPENTS</c>: pages in swap.</summary>
    public long SwapEntries;

    /// <summary>VmRSS, in pages (get_mm_rss).</summary>
    public readonly long Total => FilePages + AnonPages + ShmemPages;
}
