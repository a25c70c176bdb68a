namespace Pagewise.Kernel.Cgroups;

/// <summary>What memory.stat counts of a cgroup besides its LRU lists, in the order of that file. Pages, unless the name says bytes; events are numbers.</summary>
public enum MemcgStat
{
    /// <summary>Mapped anonymous pages (NR_ANON_MAPPED).</summary>
    Anon,

    /// <summary>Pages of files and shared memory (NR_FILE_PAGES; the swap cache counts for the machine only).</summary>
    File,

    /// <summary>All kernel memory (MEMCG_KMEM).</summary>
    Kernel,

    /// <summary>Kernel stacks, bytes (NR_KERNEL_STACK_KB).</summary>
    KernelStackBytes,

    /// <summary>Page tables (NR_PAGETABLE).</summary>
    Pagetables,

    /// <summary>Per-CPU memory, bytes (MEMCG_PERCPU_B).</summary>
    PercpuBytes,

    /// <summary>Shared memory (NR_SHMEM).</summary>
    Shmem,

    /// <summary>What zswap keeps, compressed, bytes (MEMCG_ZSWAP_B; zswap, memory.zswap.current).</summary>
    ZswapBytes,

    /// <summary>Pages that zswap keeps (MEMCG_ZSWAPPED; zswapped).</summary>
    Zswapped,

    /// <summary>Mapped pages of files (NR_FILE_MAPPED).</summary>
    FileMapped,

    /// <summary>Dirty pages of files (NR_FILE_DIRTY).</summary>
    FileDirty,

    /// <summary>Pages being written (NR_WRITEBACK).</summary>
    FileWriteback,

    /// <summary>Pages of the swap cache (NR_SWAPCACHE).</summary>
    SwapCached,

    /// <summary>Pages of anonymous huge pages (NR_ANON_THPS).</summary>
    AnonThp,

    /// <summary>Objects that a shrinker can free, bytes (NR_SLAB_RECLAIMABLE_B).</summary>
    SlabReclaimableBytes,

    /// <summary>Other kernel objects, bytes (NR_SLAB_UNRECLAIMABLE_B).</summary>
    SlabUnreclaimableBytes,

    /// <summary>workingset_refault_anon.</summary>
    WorkingsetRefaultAnon,

    /// <summary>workingset_refault_file.</summary>
    WorkingsetRefaultFile,

    /// <summary>workingset_activate_anon.</summary>
    WorkingsetActivateAnon,

    /// <summary>workingset_activate_file.</summary>
    WorkingsetActivateFile,

    /// <summary>workingset_restore_anon.</summary>
    WorkingsetRestoreAnon,

    /// <summary>workingset_restore_file.</summary>
    WorkingsetRestoreFile,

    /// <summary>workingset_nodereclaim: nodes of page indices that kept nothing but shadows and were freed.</summary>
    WorkingsetNodeReclaim,

    /// <summary>pgscan_kswapd.</summary>
    PgScanKswapd,

    /// <summary>pgscan_direct.</summary>
    PgScanDirect,

    /// <summary>pgsteal_kswapd.</summary>
    PgStealKswapd,

    /// <summary>pgsteal_direct.</summary>
    PgStealDirect,

    /// <summary>pgfault.</summary>
    PgFault,

    /// <summary>pgmajfault.</summary>
    PgMajFault,

    /// <summary>pgrefill.</summary>
    PgRefill,

    /// <summary>pgactivate.</summary>
    PgActivate,

    /// <summary>pgdeactivate.</summary>
    PgDeactivate,

    /// <summary>pglazyfree.</summary>
    PgLazyFree,

    /// <summary>pglazyfreed.</summary>
    PgLazyFreed,

    /// <summary>Pages that came back from zswap (zswpin).</summary>
    ZswpIn,

    /// <summary>Pages that zswap took (zswpout).</summary>
    ZswpOut,

    /// <summary>Pages that zswap wrote to swap (zswpwb; 6.8).</summary>
    ZswpWb,

    /// <summary>thp_fault_alloc.</summary>
    ThpFaultAlloc,

    /// <summary>thp_collapse_alloc.</summary>
    ThpCollapseAlloc,
}
