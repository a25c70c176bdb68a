namespace Pagewise.Kernel.Frames;

/// <summary>Event counters of a machine under the names of /proc/vmstat (mm/vmstat.c). Each is moved by the mechanism it names.</summary>
public sealed class VmStat
{
    /// <summary>Frames handed out (Linux splits it by zone: pgalloc_normal …).</summary>
    public long PgAlloc { get; internal set; }

    /// <summary>Frames taken back.</summary>
    public long PgFree { get; internal set; }

    /// <summary>Faults handled, minor and major, failed ones included (pgfault).</summary>
    public long PgFault { get; internal set; }

    /// <summary>Faults that read a device (pgmajfault).</summary>
    public long PgMajFault { get; internal set; }

    /// <summary>Write faults resolved by reusing the page (pgreuse).</summary>
    public long PgReuse { get; internal set; }

    /// <summary>Pages that MADV_FREE marked (pglazyfree).</summary>
    public long PgLazyFree { get; internal set; }

    /// <summary>Huge pages given by a fault (thp_fault_alloc).</summary>
    public long ThpFaultAlloc { get; internal set; }

    /// <summary>Faults that wanted a huge page and got a small one (thp_fault_fallback).</summary>
    public long ThpFaultFallback { get; internal set; }

    /// <summary>Huge zero pages allocated (thp_zero_page_alloc).</summary>
    public long ThpZeroPageAlloc { get; internal set; }

    /// <summary>Huge entries split into a table of small ones (thp_split_pmd).</summary>
    public long ThpSplitPmd { get; internal set; }

    /// <summary>Huge pages broken into small ones (thp_split_page).</summary>
    public long ThpSplitPage { get; internal set; }

    /// <summary>Huge pages put aside because parts are unmapped (thp_deferred_split_page).</summary>
    public long ThpDeferredSplitPage { get; internal set; }

    /// <summary>Huge pages made of small ones (thp_collapse_alloc).</summary>
    public long ThpCollapseAlloc { get; internal set; }

    /// <summary>Page tables of the levels that the release counts (nr_page_table_pages).</summary>
    public long NrPageTablePages { get; internal set; }

    /// <summary>Page tables of all levels, counted by the release or not: frames in use as tables.</summary>
    public long PageTableFrames { get; internal set; }

    /// <summary>Anonymous pages mapped (nr_anon_pages).</summary>
    public long NrAnonPages { get; internal set; }

    /// <summary>Page-cache pages mapped (nr_mapped).</summary>
    public long NrMapped { get; internal set; }

    /// <summary>Page-cache pages, shared memory included (nr_file_pages).</summary>
    public long NrFilePages { get; internal set; }

    /// <summary>Shared-memory pages (nr_shmem).</summary>
    public long NrShmem { get; internal set; }

    /// <summary>Huge pages mapped as such (nr_anon_transparent_hugepages).</summary>
    public long NrAnonTransparentHugepages { get; internal set; }

    /// <summary>Pages that mlock holds (nr_mlock).</summary>
    public long NrMlock { get; internal set; }
}
