namespace Pagewise.Reports.Tracing;

/// <summary>Tracepoints that a run can write; <see cref="TraceKinds"/> has their names.</summary>
public enum TraceKind
{
    /// <summary>mm_vmscan_kswapd_sleep.</summary>
    KswapdSleep,

    /// <summary>mm_vmscan_kswapd_wake.</summary>
    KswapdWake,

    /// <summary>mm_vmscan_wakeup_kswapd.</summary>
    WakeupKswapd,

    /// <summary>mm_vmscan_direct_reclaim_begin.</summary>
    DirectReclaimBegin,

    /// <summary>mm_vmscan_direct_reclaim_end.</summary>
    DirectReclaimEnd,

    /// <summary>mm_vmscan_memcg_reclaim_begin.</summary>
    MemcgReclaimBegin,

    /// <summary>mm_vmscan_memcg_reclaim_end.</summary>
    MemcgReclaimEnd,

    /// <summary>mm_vmscan_lru_isolate.</summary>
    LruIsolate,

    /// <summary>mm_vmscan_write_folio.</summary>
    WriteFolio,

    /// <summary>mm_vmscan_lru_shrink_inactive.</summary>
    LruShrinkInactive,

    /// <summary>mm_vmscan_lru_shrink_active.</summary>
    LruShrinkActive,

    /// <summary>mm_shrink_slab_start.</summary>
    ShrinkSlabStart,

    /// <summary>mm_shrink_slab_end.</summary>
    ShrinkSlabEnd,

    /// <summary>mm_filemap_add_to_page_cache.</summary>
    FilemapAdd,

    /// <summary>mm_filemap_delete_from_page_cache.</summary>
    FilemapDelete,

    /// <summary>writeback_start.</summary>
    WritebackStart,

    /// <summary>global_dirty_state.</summary>
    GlobalDirtyState,

    /// <summary>balance_dirty_pages.</summary>
    BalanceDirtyPages,

    /// <summary>writeback_single_inode_start.</summary>
    WritebackSingleInodeStart,

    /// <summary>writeback_single_inode.</summary>
    WritebackSingleInode,

    /// <summary>mm_lru_insertion.</summary>
    LruInsertion,

    /// <summary>mm_lru_activate.</summary>
    LruActivate,

    /// <summary>oom_score_adj_update.</summary>
    OomScoreAdjUpdate,

    /// <summary>reclaim_retry_zone.</summary>
    ReclaimRetryZone,

    /// <summary>mark_victim.</summary>
    MarkVictim,
}
