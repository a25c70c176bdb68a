namespace Pagewise.Kernel.PageCache;

/// <summary>How many pages may be dirty (domain_dirty_limits, mm/page-writeback.c).</summary>
/// <param name="Threshold">Writers wait above it (thresh), pages.</param>
/// <param name="Background">The flusher works above it (bg_thresh), pages.</param>
public readonly record struct DirtyLimits(ulong Threshold, ulong Background)
{
    private const ulong PageBytes = 4096;

    /// <summary>Writers are left alone up to here (dirty_freerun_ceiling).</summary>
    public ulong Freerun => (Threshold + Background) / 2;

    /// <summary>The limits.</summary>
    /// <param name="settings">The sysctls.</param>
    /// <param name="dirtyablePages">Pages that could be dirtied (global_dirtyable_memory).</param>
    public static DirtyLimits Of(DirtySettings settings, ulong dirtyablePages)
    {
        ulong threshold = Limit(settings.Bytes, settings.Ratio);
        ulong background = Limit(settings.BackgroundBytes, settings.BackgroundRatio);
        return new DirtyLimits(threshold, background >= threshold ? threshold / 2 : background);

        ulong Limit(ulong bytes, int percent) => bytes != 0
            ? (bytes / PageBytes) + (bytes % PageBytes != 0 ? 1UL : 0)
            : (ulong)percent * PageBytes / 100 * dirtyablePages / PageBytes;
    }

    /// <summary>
    /// Pages that could be dirtied (global_dirtyable_memory): free ones beyond the reserves, and those of files.
    /// </summary>
    /// <param name="freePages">nr_free_pages.</param>
    /// <param name="reservePages">What zones keep for themselves and from others (totalreserve_pages).</param>
    /// <param name="filePages">nr_inactive_file and nr_active_file.</param>
    public static ulong Dirtyable(ulong freePages, ulong reservePages, ulong filePages) =>
        freePages - Math.Min(freePages, reservePages) + filePages + 1;
}
