using Pagewise.Reports.Series;

namespace Pagewise.Reports.RunFiles;

/// <summary>The tables of a run file (docs/run-file.md).</summary>
internal static class RunFileSchema
{
    /// <summary>The version of the tables, PRAGMA user_version and meta's schema_version. A table or column that is added keeps it.</summary>
    public const int Version = 1;

    /// <summary>PRAGMA application_id: "PgwR".</summary>
    public const int ApplicationId = 0x50677752;

    /// <summary>Bytes of a page of the file.</summary>
    public const int PageBytes = 4096;

    /// <summary>The columns of table sample after id, in order, and how a sample has them.</summary>
    public static readonly (string Name, Func<MemorySample, ReclaimSample, long> Of)[] SampleColumns =
    [
        ("time_ns", (memory, _) => (long)memory.TimeNs),
        ("free", (memory, _) => memory.Free),
        ("inactive_anon", (memory, _) => memory.InactiveAnon),
        ("active_anon", (memory, _) => memory.ActiveAnon),
        ("inactive_file", (memory, _) => memory.InactiveFile),
        ("active_file", (memory, _) => memory.ActiveFile),
        ("unevictable", (memory, _) => memory.Unevictable),
        ("swap_used", (memory, _) => memory.SwapUsed),
        ("dirty", (memory, _) => memory.Dirty),
        ("writeback", (memory, _) => memory.Writeback),
        ("faults", (memory, _) => memory.Faults),
        ("major_faults", (memory, _) => memory.MajorFaults),
        ("refaults", (memory, _) => memory.Refaults),
        ("kswapd_runs", (memory, _) => memory.KswapdRuns),
        ("scan_kswapd", (memory, _) => memory.ScanKswapd),
        ("scan_direct", (memory, _) => memory.ScanDirect),
        ("steal_kswapd", (_, reclaim) => reclaim.StealKswapd),
        ("steal_direct", (_, reclaim) => reclaim.StealDirect),
        ("activate", (_, reclaim) => reclaim.Activate),
        ("deactivate", (_, reclaim) => reclaim.Deactivate),
        ("refill", (_, reclaim) => reclaim.Refill),
        ("rotated", (_, reclaim) => reclaim.Rotated),
        ("allocstall", (_, reclaim) => reclaim.AllocStalls),
        ("pswpin", (_, reclaim) => reclaim.PswpIn),
        ("pswpout", (_, reclaim) => reclaim.PswpOut),
        ("psi_memory_some_ns", (_, reclaim) => reclaim.MemorySomeNs),
        ("psi_memory_full_ns", (_, reclaim) => reclaim.MemoryFullNs),
        ("psi_io_some_ns", (_, reclaim) => reclaim.IoSomeNs),
        ("anon_pages", (_, reclaim) => reclaim.AnonPages),
        ("file_pages", (_, reclaim) => reclaim.FilePages),
        ("shmem", (_, reclaim) => reclaim.Shmem),
        ("slab", (_, reclaim) => reclaim.Slab),
        ("page_tables", (_, reclaim) => reclaim.PageTables),
        ("kernel_stack_kib", (_, reclaim) => reclaim.KernelStackKib),
    ];

    /// <summary>Each table with its columns, in the order in which they are made and read.</summary>
    public static readonly (string Table, string Columns)[] Tables =
    [
        ("meta", "key TEXT PRIMARY KEY, value TEXT NOT NULL"),
        ("document", "name TEXT PRIMARY KEY, body TEXT NOT NULL"),
        ("sample", "id INTEGER PRIMARY KEY, " + string.Join(", ", SampleColumns.Select(column => column.Name + " INTEGER NOT NULL"))),
        ("process_sample", "sample_id INTEGER, pid INTEGER, rss_pages INTEGER, swap_pages INTEGER, faults INTEGER"),
        ("vmstat", "sample_id INTEGER, name TEXT, value INTEGER"),
        ("watermark", "zone TEXT, node INTEGER, min INTEGER, low INTEGER, high INTEGER, managed INTEGER, start_pfn INTEGER, spanned INTEGER"),
        ("process", "pid INTEGER, parent INTEGER, name TEXT, start_ns INTEGER, end_ns INTEGER, end_reason TEXT"),
        ("fault", "time_ns INTEGER, pid INTEGER, address INTEGER, kind TEXT, major INTEGER, pages INTEGER, cost_ns INTEGER"),
        ("fault_site", "pid INTEGER, vma_name TEXT, kind TEXT, count INTEGER"),
        ("heat", "sample_id INTEGER, pid INTEGER, region INTEGER, accesses INTEGER"),
        ("trace_event", "time_ns INTEGER, cpu INTEGER, pid INTEGER, comm TEXT, name TEXT, fields TEXT"),
        ("kill", "time_ns INTEGER, pid INTEGER, name TEXT, points INTEGER, oom_score_adj INTEGER, reason TEXT"),
        ("score", "kill_time_ns INTEGER, pid INTEGER, name TEXT, rss INTEGER, swap INTEGER, pgtables INTEGER, adj INTEGER, points INTEGER"),
        ("snapshot", "id INTEGER PRIMARY KEY, time_ns INTEGER, event INTEGER, line INTEGER, reason TEXT"),
        ("snapshot_body", "snapshot_id INTEGER PRIMARY KEY, body BLOB"),
        ("snapshot_vma", "snapshot_id INTEGER, pid INTEGER, start INTEGER, end INTEGER, prot TEXT, offset INTEGER, name TEXT, rss_pages INTEGER, swap_pages INTEGER"),
        ("snapshot_free", "snapshot_id INTEGER, node INTEGER, zone TEXT, \"order\" INTEGER, migratetype TEXT, blocks INTEGER"),
        ("miss_ratio", "pages INTEGER PRIMARY KEY, misses INTEGER, accesses INTEGER"),
        ("working_set", "window_ns INTEGER PRIMARY KEY, p50 INTEGER, p90 INTEGER, p99 INTEGER"),
    ];
}
