using System.Numerics;
using Pagewise.Kernel.Frames;

namespace Pagewise.Kernel.Lru;

/// <content>
/// What comes back soon after it was evicted belongs to the working set (mm/workingset.c). Each eviction and activation
/// moves a clock of the lruvec on; an evicted page leaves its clock reading behind, a shadow; when the page comes back,
/// the difference says how much longer the lists would have had to be to keep it.
/// </content>
public sealed partial class LruLists
{
    private const int ShadowBits = 31;
    private const int NodeBits = 6;
    private const int EvictionBits = ShadowBits - NodeBits - 1;
    private const uint EvictionMask = (1u << EvictionBits) - 1;

    /// <summary>What every shadow has, so that no frame number looks like one.</summary>
    private const uint ShadowMark = 1u << ShadowBits;

    /// <summary>
    /// log2 of the evictions that a shadow's clock counts as one (bucket_order): more than 0 only where the machine has
    /// more pages than the shadow has clock readings, 2^24.
    /// </summary>
    public int BucketOrder { get; }

    /// <summary>Whether what an index of cached pages holds is a shadow and not a frame's number.</summary>
    public static bool IsShadow(uint entry) => (entry & ShadowMark) != 0;

    /// <summary>A page leaves memory: the clock goes on (workingset_eviction).</summary>
    /// <param name="pfn">The page.</param>
    /// <returns>The shadow to leave in its place.</returns>
    public uint Evict(uint pfn)
    {
        PageFlags flags = _memMap[pfn].Flags;
        int node = NodeOf(pfn);
        uint eviction = (uint)(_lruvecs[node].NonresidentAge >> BucketOrder) & EvictionMask;
        AgeNonresident(node, PagesOf(flags));
        return ShadowMark | ((flags & PageFlags.Workingset) != 0 ? 1u << (ShadowBits - 1) : 0) | ((uint)node << EvictionBits) | eviction;
    }

    /// <summary>
    /// A page that was evicted is back in a new frame (workingset_refault): it is active at once if the lists were only
    /// too short to keep it, and more so if it was active before. Call it before <see cref="Add"/>.
    /// </summary>
    /// <param name="pfn">The new frame.</param>
    /// <param name="shadow">What the eviction left.</param>
    public void Refault(uint pfn, uint shadow)
    {
        ref PageFrame frame = ref _memMap[pfn];
        int node = (int)((shadow >> EvictionBits) & ((1u << NodeBits) - 1));
        ref Lruvec lruvec = ref _lruvecs[node];
        bool isFile = IsFileLru(frame.Flags);
        long pages = PagesOf(frame.Flags);
        CountRefault(isFile, pages);
        ulong now = (lruvec.NonresidentAge >> BucketOrder) & EvictionMask;
        long distance = (long)(((now - (shadow & EvictionMask)) & EvictionMask) << BucketOrder);
        if (distance > WorkingsetSize(in lruvec, isFile))
            return;
        frame.Flags |= PageFlags.Active;
        AgeNonresident(NodeOf(pfn), pages);
        CountActivate(NodeOf(pfn), isFile, pages);
        if ((shadow & (1u << (ShadowBits - 1))) == 0)
            return;
        frame.Flags |= PageFlags.Workingset;
        NoteCostRefault(pfn);
        CountRestore(isFile, pages);
    }

    /// <summary>The clock of a node's lists goes on (workingset_age_nonresident).</summary>
    public void AgeNonresident(int node, long pages) => _lruvecs[node].NonresidentAge += (ulong)pages;

    /// <summary>Reclaim of a kind had to write or to look again (lru_note_cost, 6.1); the sum fades as it grows beyond a quarter of the lists.</summary>
    /// <param name="node">The lists.</param>
    /// <param name="isFile">The kind.</param>
    /// <param name="pages">Pages that were written or looked at again.</param>
    public void NoteCost(int node, bool isFile, long pages)
    {
        ref Lruvec lruvec = ref _lruvecs[node];
        if (isFile)
            lruvec.FileCost += (ulong)pages;
        else
            lruvec.AnonCost += (ulong)pages;
        long size = lruvec.Pages(LruList.InactiveAnon) + lruvec.Pages(LruList.ActiveAnon) + lruvec.Pages(LruList.InactiveFile) + lruvec.Pages(LruList.ActiveFile);
        if (lruvec.FileCost + lruvec.AnonCost <= (ulong)(size / 4))
            return;
        lruvec.FileCost /= 2;
        lruvec.AnonCost /= 2;
    }

    /// <summary>A page of the working set had to be read again (lru_note_cost_refault).</summary>
    private void NoteCostRefault(uint pfn)
    {
        PageFlags flags = _memMap[pfn].Flags;
        NoteCost(NodeOf(pfn), IsFileLru(flags), PagesOf(flags));
    }

    /// <summary>The pages that a refault competes with: the active ones of its kind, and the other kind's if it can be reclaimed.</summary>
    private long WorkingsetSize(in Lruvec lruvec, bool isFile)
    {
        long size = lruvec.Pages(LruList.ActiveFile);
        if (!isFile)
            size += lruvec.Pages(LruList.InactiveFile);
        if (_stat.NrSwapPages > 0)
        {
            size += lruvec.Pages(LruList.ActiveAnon);
            if (isFile)
                size += lruvec.Pages(LruList.InactiveAnon);
        }

        return size;
    }

    private void CountRefault(bool isFile, long pages)
    {
        if (isFile)
            _stat.WorkingsetRefaultFile += pages;
        else
            _stat.WorkingsetRefaultAnon += pages;
    }

    private void CountActivate(int node, bool isFile, long pages)
    {
        ref Lruvec lruvec = ref _lruvecs[node];
        if (isFile)
        {
            lruvec.ActivatedFile += pages;
            _stat.WorkingsetActivateFile += pages;
        }
        else
        {
            lruvec.ActivatedAnon += pages;
            _stat.WorkingsetActivateAnon += pages;
        }
    }

    private void CountRestore(bool isFile, long pages)
    {
        if (isFile)
            _stat.WorkingsetRestoreFile += pages;
        else
            _stat.WorkingsetRestoreAnon += pages;
    }

    private static int BucketOrderOf(ulong totalPages) => Math.Max(0, BitOperations.Log2(Math.Max(1, totalPages - 1)) + 1 - EvictionBits);
}
