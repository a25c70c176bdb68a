namespace Pagewise.Reports.Tracing;

/// <summary>The tracepoints' groups, names and formats, those of Linux 6.1's /sys/kernel/tracing/events.</summary>
public static class TraceKinds
{
    private const string Nid = "\"nid=%d\"";
    private const string Begin = "\"order=%d gfp_flags=%s\"";
    private const string End = "\"nr_reclaimed=%lu\"";
    private const string Filemap = "\"dev %d:%d ino %lx pfn=0x%lx ofs=%lu order=%u\"";

    private const string SingleInode = "\"bdi %s: ino=%lu state=%s dirtied_when=%lu age=%lu index=%lu to_write=%ld wrote=%lu cgroup_ino=%lu\"";

    private static readonly (string Group, string Name, string Format)[] Table =
    [
        ("vmscan", "mm_vmscan_kswapd_sleep", Nid),
        ("vmscan", "mm_vmscan_kswapd_wake", "\"nid=%d order=%d\""),
        ("vmscan", "mm_vmscan_wakeup_kswapd", "\"nid=%d order=%d gfp_flags=%s\""),
        ("vmscan", "mm_vmscan_direct_reclaim_begin", Begin),
        ("vmscan", "mm_vmscan_direct_reclaim_end", End),
        ("vmscan", "mm_vmscan_memcg_reclaim_begin", Begin),
        ("vmscan", "mm_vmscan_memcg_reclaim_end", End),
        ("vmscan", "mm_vmscan_lru_isolate", "\"isolate_mode=%d classzone=%d order=%d nr_requested=%lu nr_scanned=%lu nr_skipped=%lu nr_taken=%lu lru=%s\""),
        ("vmscan", "mm_vmscan_write_folio", "\"page=%p pfn=0x%lx flags=%s\""),
        ("vmscan", "mm_vmscan_lru_shrink_inactive", "\"nid=%d nr_scanned=%ld nr_reclaimed=%ld nr_dirty=%ld nr_writeback=%ld nr_congested=%ld nr_immediate=%ld nr_activate_anon=%d nr_activate_file=%d nr_ref_keep=%ld nr_unmap_fail=%ld priority=%d flags=%s\""),
        ("vmscan", "mm_vmscan_lru_shrink_active", "\"nid=%d nr_taken=%ld nr_active=%ld nr_deactivated=%ld nr_referenced=%ld priority=%d flags=%s\""),
        ("vmscan", "mm_shrink_slab_start", "\"%pS %p: nid: %d objects to shrink %ld gfp_flags %s cache items %ld delta %lld total_scan %ld priority %d\""),
        ("vmscan", "mm_shrink_slab_end", "\"%pS %p: nid: %d unused scan count %ld new scan count %ld total_scan %ld last shrinker return val %d\""),
        ("filemap", "mm_filemap_add_to_page_cache", Filemap),
        ("filemap", "mm_filemap_delete_from_page_cache", Filemap),
        ("writeback", "writeback_start", "\"bdi %s: sb_dev %d:%d nr_pages=%ld sync_mode=%d kupdate=%d range_cyclic=%d background=%d reason=%s cgroup_ino=%lu\""),
        ("writeback", "global_dirty_state", "\"dirty=%lu writeback=%lu bg_thresh=%lu thresh=%lu limit=%lu dirtied=%lu written=%lu\""),
        ("writeback", "balance_dirty_pages", "\"bdi %s: limit=%lu setpoint=%lu dirty=%lu bdi_setpoint=%lu bdi_dirty=%lu dirty_ratelimit=%lu task_ratelimit=%lu dirtied=%u dirtied_pause=%u paused=%lu pause=%ld period=%lu think=%ld cgroup_ino=%lu\""),
        ("writeback", "writeback_single_inode_start", SingleInode),
        ("writeback", "writeback_single_inode", SingleInode),
        ("pagemap", "mm_lru_insertion", "\"folio=%p pfn=0x%lx lru=%d flags=%s%s%s%s%s%s\""),
        ("pagemap", "mm_lru_activate", "\"folio=%p pfn=0x%lx\""),
        ("oom", "oom_score_adj_update", "\"pid=%d comm=%s oom_score_adj=%hd\""),
        ("oom", "reclaim_retry_zone", "\"node=%d zone=%-8s order=%d reclaimable=%lu available=%lu min_wmark=%lu no_progress_loops=%d wmark_check=%d\""),
        ("oom", "mark_victim", "\"pid=%d comm=%s total-vm=%lukB anon-rss=%lukB file-rss:%lukB shmem-rss:%lukB uid=%u pgtables=%lukB oom_score_adj=%hd\""),
    ];

    /// <summary>How many there are.</summary>
    public static int Count => Table.Length;

    /// <summary>The tracepoint's name.</summary>
    public static string NameOf(TraceKind kind) => Table[(int)kind].Name;

    /// <summary>Its group: vmscan, filemap, writeback, pagemap or oom.</summary>
    public static string GroupOf(TraceKind kind) => Table[(int)kind].Group;

    /// <summary>Its fields as printf prints them, in quotes ("print fmt" of its format file).</summary>
    public static string FormatOf(TraceKind kind) => Table[(int)kind].Format;
}
