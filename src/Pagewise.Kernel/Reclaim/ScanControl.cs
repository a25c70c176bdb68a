using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Reclaim;

/// <summary>One reclaim: what it wants, what it may do, what it has seen (struct scan_control, mm/vmscan.c).</summary>
internal struct ScanControl
{
    /// <summary>The first priority (DEF_PRIORITY): lists are scanned by 1/2^priority.</summary>
    public const int DefaultPriority = 12;

    /// <summary>Pages worked on at once (SWAP_CLUSTER_MAX).</summary>
    public const int SwapClusterMax = 32;

    /// <summary>The cgroup whose subtree is reclaimed (target_mem_cgroup); 0: the whole machine.</summary>
    public int TargetMemcg;

    /// <summary>Cgroups are reclaimed although memory.low protects them (memcg_low_reclaim).</summary>
    public bool MemcgLowReclaim;

    /// <summary>A cgroup was spared, wholly or in part, for memory.low (memcg_low_skipped).</summary>
    public bool MemcgLowSkipped;

    /// <summary>Pages wanted (nr_to_reclaim).</summary>
    public long NrToReclaim;

    /// <summary>Pages reclaimed (nr_reclaimed).</summary>
    public long NrReclaimed;

    /// <summary>Pages of slabs that were freed on the way, since the pass over the node began (reclaimed_slab).</summary>
    public long ReclaimedSlab;

    /// <summary>Pages looked at (nr_scanned).</summary>
    public long NrScanned;

    /// <summary>The allocation's flags (gfp_mask).</summary>
    public Gfp Gfp;

    /// <summary>The block wanted (order).</summary>
    public int Order;

    /// <summary>How hard to try: 12 to 0 (priority).</summary>
    public int Priority;

    /// <summary>For a cgroup, not for the machine (cgroup_reclaim).</summary>
    public readonly bool IsCgroupReclaim => TargetMemcg != 0;

    /// <summary>The highest zone whose pages help (reclaim_idx).</summary>
    public ZoneType ReclaimIdx;

    /// <summary>kswapd, not an allocating task (current_is_kswapd).</summary>
    public bool IsKswapd;

    /// <summary><see cref="NrScanned"/> at the start of the pass over a node.</summary>
    public long NrScannedBefore;

    /// <summary>may_writepage.</summary>
    public bool MayWritepage;

    /// <summary>may_unmap.</summary>
    public bool MayUnmap;

    /// <summary>may_swap.</summary>
    public bool MaySwap;

    /// <summary>Active lists are aged whatever the ratio (force_deactivate).</summary>
    public bool ForceDeactivate;

    /// <summary>An active list was passed over (skipped_deactivate).</summary>
    public bool SkippedDeactivate;

    /// <summary>The active anonymous list may be aged (DEACTIVATE_ANON).</summary>
    public bool MayDeactivateAnon;

    /// <summary>The active file list may be aged (DEACTIVATE_FILE).</summary>
    public bool MayDeactivateFile;

    /// <summary>Enough inactive pages of files: only those are taken (cache_trim_mode).</summary>
    public bool CacheTrimMode;

    /// <summary>Hardly any pages of files are left: only anonymous ones are taken (file_is_tiny).</summary>
    public bool FileIsTiny;

    /// <summary>anon_cost.</summary>
    public ulong AnonCost;

    /// <summary>file_cost.</summary>
    public ulong FileCost;

    /// <summary>Eviction found enough, so that the next look at the need of aging is left out (the opposite of memcgs_need_aging).</summary>
    public bool SkipsAging;

    /// <summary>Pages reclaimed when kswapd last looked whether to age (last_reclaimed).</summary>
    public long LastReclaimed;

    /// <summary>What the lists of a node held, of this pass (nr).</summary>
    public ScanCounts Nr;
}
