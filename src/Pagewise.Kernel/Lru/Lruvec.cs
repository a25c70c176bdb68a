using System.Runtime.CompilerServices;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Lru;

/// <summary>The LRU lists of a cgroup on a node with what reclaim has learnt about them: Linux's struct lruvec (include/linux/mmzone.h).</summary>
public struct Lruvec
{
    /// <summary>The number of lists (NR_LRU_LISTS).</summary>
    public const int ListCount = 5;

    /// <summary>The lists, by <see cref="LruList"/>: the cgroup's own pages.</summary>
    public ListArray Lists;

    /// <summary>Pages by list, those of the cgroups below included (lruvec_stats).</summary>
    public TotalArray Totals;

    /// <summary><see cref="Totals"/> as they were when statistics were last collected: what decisions about a cgroup go by.</summary>
    public TotalArray CollectedTotals;

    /// <summary>The cgroup's own pages by zone type and list (lru_zone_size).</summary>
    public ZoneArray ZonePages;

    /// <summary>What reclaim of anonymous pages cost so far, fading (anon_cost).</summary>
    public ulong AnonCost;

    /// <summary>What reclaim of file pages cost so far, fading (file_cost).</summary>
    public ulong FileCost;

    /// <summary>The eviction clock: evictions and activations (nonresident_age).</summary>
    public ulong NonresidentAge;

    /// <summary>Every dirty page that the last pass met was under writeback and met twice (LRUVEC_CONGESTED).</summary>
    public bool Congested;

    /// <summary>Refaults of anonymous pages that were made active (WORKINGSET_ACTIVATE_ANON).</summary>
    public long ActivatedAnon;

    /// <summary>Refaults of pages of files that were made active (WORKINGSET_ACTIVATE_FILE).</summary>
    public long ActivatedFile;

    /// <summary><see cref="ActivatedAnon"/> when statistics were last collected.</summary>
    public long CollectedActivatedAnon;

    /// <summary><see cref="ActivatedFile"/> when statistics were last collected.</summary>
    public long CollectedActivatedFile;

    /// <summary><see cref="ActivatedAnon"/> as the last reclaim left it (refaults[WORKINGSET_ANON]).</summary>
    public long RefaultsAnon;

    /// <summary><see cref="ActivatedFile"/> as the last reclaim left it (refaults[WORKINGSET_FILE]).</summary>
    public long RefaultsFile;

    /// <summary>Pages in lists of a kind, those of the cgroups below included; of the root's lruvec the node's (node_page_state).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly long Pages(LruList list) => Totals[(int)list];

    /// <summary>The same when statistics were last collected (lruvec_page_state).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly long CollectedPages(LruList list) => CollectedTotals[(int)list];

    /// <summary>Pages of a list in the zones up to one (lruvec_lru_size).</summary>
    public readonly long OwnPages(LruList list, int highestZoneType)
    {
        long pages = 0;
        for (int type = 0; type <= highestZoneType; type++)
            pages += ZonePages[(type * ListCount) + (int)list];
        return pages;
    }

    /// <summary>A number for each list.</summary>
    [InlineArray(ListCount)]
    public struct TotalArray
    {
        private long _first;
    }

    /// <summary>A number for each list of each zone type.</summary>
    [InlineArray(ListCount * ZoneTypes.Count)]
    public struct ZoneArray
    {
        private long _first;
    }

    /// <summary>The lists.</summary>
    [InlineArray(ListCount)]
    public struct ListArray
    {
        private LruListHead _first;
    }
}
