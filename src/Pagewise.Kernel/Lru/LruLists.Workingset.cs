using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;

namespace Pagewise.Kernel.Lru;

/// <content>
/// What comes back soon after it was evicted belongs to the working set (mm/workingset.c). Each eviction and activation
/// moves a clock of the lruvec on; an evicted page leaves its clock reading behind, a shadow; when the page comes back,
/// the difference says how much longer the lists would have had to be to keep it.
/// </content>
public sealed partial class LruLists
{
    private const int NodeBits = 6;
    private const int MemcgBits = 12;
    private const int EvictionBits = 64 - 1 - 1 - NodeBits - MemcgBits;
    private const ulong EvictionMask = (1UL << EvictionBits) - 1;

    /// <summary>What every shadow has, so that no frame number looks like one.</summary>
    private const ulong ShadowMark = 1UL << 63;

    private const ulong WorkingsetMark = 1UL << 62;

    /// <summary>Whether what an index of cached pages holds is a shadow and not a frame's number.</summary>
    public static bool IsShadow(ulong entry) => (entry & ShadowMark) != 0;

    /// <summary>Whether a shadow names a node and a cgroup that there is or was: for walkers.</summary>
    internal bool IsKnownShadow(ulong shadow)
    {
        int node = (int)(shadow >> (EvictionBits + MemcgBits)) & ((1 << NodeBits) - 1);
        int memcg = (int)(shadow >> EvictionBits) & ((1 << MemcgBits) - 1);
        return IsShadow(shadow) && node < _nodes && memcg >= MemCgroups.Root && memcg < _memcgs.HighWater;
    }

    /// <summary>A page leaves memory: the clock goes on (workingset_eviction).</summary>
    /// <param name="pfn">The page.</param>
    /// <param name="target">The cgroup that is reclaimed for (target_mem_cgroup); 0: the whole machine.</param>
    /// <returns>The shadow to leave in its place: the target's clock, cgroup and node.</returns>
    public ulong Evict(uint pfn, int target)
    {
        if (HasGens)
            return EvictFromGen(pfn);
        PageFlags flags = _memMap[pfn].Flags;
        int node = NodeOf(pfn);
        int lruvec = LruvecOf(target, node);
        ulong eviction = _lruvecs[lruvec].NonresidentAge & EvictionMask;
        AgeNonresident(lruvec, PagesOf(flags));
        return PackShadow(node, Math.Max(target, MemCgroups.Root), eviction, (flags & PageFlags.Workingset) != 0);
    }

    /// <summary>
    /// A page that was evicted is back in a new frame (workingset_refault): it is active at once if the lists were only
    /// too short to keep it, and more so if it was active before. Call it before <see cref="Add"/>. When the cgroup that
    /// was reclaimed is gone, nothing is known.
    /// </summary>
    /// <param name="pfn">The new frame.</param>
    /// <param name="shadow">What the eviction left.</param>
    public void Refault(uint pfn, ulong shadow)
    {
        if (HasGens)
        {
            RefaultToGen(pfn, shadow);
            return;
        }

        ref PageFrame frame = ref _memMap[pfn];
        int evictedFor = (int)(shadow >> EvictionBits) & ((1 << MemcgBits) - 1);
        if (!_memcgs.Exists(evictedFor))
            return;
        int node = (int)(shadow >> (EvictionBits + MemcgBits)) & ((1 << NodeBits) - 1);
        ref Lruvec evicted = ref _lruvecs[LruvecOf(evictedFor, node)];
        int lruvec = LruvecOf(pfn);
        bool isFile = IsFileLru(frame.Flags);
        long pages = PagesOf(frame.Flags);
        CountRefault(frame.Memcg, isFile, pages);
        CollectByTime();
        long distance = (long)((evicted.NonresidentAge - shadow) & EvictionMask);
        if (distance > WorkingsetSize(in evicted, isFile, frame.Memcg))
            return;
        frame.Flags |= PageFlags.Active;
        AgeNonresident(lruvec, pages);
        CountActivate(lruvec, isFile, pages);
        if ((shadow & WorkingsetMark) == 0)
            return;
        frame.Flags |= PageFlags.Workingset;
        NoteCost(lruvec, isFile, pages);
        CountRestore(frame.Memcg, isFile, pages);
    }

    private static ulong PackShadow(int node, int memcg, ulong eviction, bool isWorkingset) =>
        ShadowMark | (isWorkingset ? WorkingsetMark : 0) | ((((ulong)(uint)node << MemcgBits) | (uint)memcg) << EvictionBits) | (eviction & EvictionMask);

    /// <summary>The clocks of a lruvec and of those above it go on (workingset_age_nonresident).</summary>
    public void AgeNonresident(int lruvec, long pages)
    {
        for (int at = lruvec; at >= 0; at = ParentOf(at))
            _lruvecs[at].NonresidentAge += (ulong)pages;
    }

    /// <summary>The lruvec of the same node in the cgroup above (parent_lruvec); -1: it is the root's.</summary>
    private int ParentOf(int lruvec) => lruvec < _nodes ? -1 : LruvecOf(_memcgs.ParentOf(MemcgOfLruvec(lruvec)), lruvec % _nodes);

    /// <summary>Reclaim of a kind had to write or to look again (lru_note_cost, 6.1), here and in all cgroups above; each sum fades as it grows beyond a quarter of its lists.</summary>
    /// <param name="lruvec">The lists.</param>
    /// <param name="isFile">The kind.</param>
    /// <param name="pages">Pages that were written or looked at again.</param>
    public void NoteCost(int lruvec, bool isFile, long pages)
    {
        for (int at = lruvec; at >= 0; at = ParentOf(at))
        {
            ref Lruvec costs = ref _lruvecs[at];
            if (isFile)
                costs.FileCost += (ulong)pages;
            else
                costs.AnonCost += (ulong)pages;
            long size = costs.CollectedPages(LruList.InactiveAnon) + costs.CollectedPages(LruList.ActiveAnon) + costs.CollectedPages(LruList.InactiveFile) + costs.CollectedPages(LruList.ActiveFile);
            if (costs.FileCost + costs.AnonCost <= (ulong)(size / 4))
                continue;
            costs.FileCost /= 2;
            costs.AnonCost /= 2;
        }
    }

    /// <summary>The pages that a refault competes with: the active ones of its kind, and the other kind's if it can be reclaimed.</summary>
    private long WorkingsetSize(in Lruvec lruvec, bool isFile, int memcg)
    {
        long size = lruvec.CollectedPages(LruList.ActiveFile);
        if (!isFile)
            size += lruvec.CollectedPages(LruList.InactiveFile);
        if (_memcgs.SwapPagesLeft(memcg, _stat.NrSwapPages) > 0)
        {
            size += lruvec.CollectedPages(LruList.ActiveAnon);
            if (isFile)
                size += lruvec.CollectedPages(LruList.InactiveAnon);
        }

        return size;
    }

    private void CountRefault(int memcg, bool isFile, long pages)
    {
        _memcgs.Count(memcg, isFile ? MemcgStat.WorkingsetRefaultFile : MemcgStat.WorkingsetRefaultAnon, pages);
        if (isFile)
            _stat.WorkingsetRefaultFile += pages;
        else
            _stat.WorkingsetRefaultAnon += pages;
    }

    private void CountActivate(int lruvec, bool isFile, long pages)
    {
        _memcgs.Count(MemcgOfLruvec(lruvec), isFile ? MemcgStat.WorkingsetActivateFile : MemcgStat.WorkingsetActivateAnon, pages);
        if (isFile)
            _stat.WorkingsetActivateFile += pages;
        else
            _stat.WorkingsetActivateAnon += pages;
        for (int at = lruvec; at >= 0; at = ParentOf(at))
        {
            if (isFile)
                _lruvecs[at].ActivatedFile += pages;
            else
                _lruvecs[at].ActivatedAnon += pages;
        }
    }

    private void CountRestore(int memcg, bool isFile, long pages)
    {
        _memcgs.Count(memcg, isFile ? MemcgStat.WorkingsetRestoreFile : MemcgStat.WorkingsetRestoreAnon, pages);
        if (isFile)
            _stat.WorkingsetRestoreFile += pages;
        else
            _stat.WorkingsetRestoreAnon += pages;
    }
}
