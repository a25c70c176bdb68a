using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.Frames;

/// <summary>Event counters of a machine under the names of /proc/vmstat (mm/vmstat.c). Each is moved by the mechanism it names.</summary>
public sealed class VmStat
{
    /// <summary><c>oom_kill</c>: processes that the OOM killer killed.</summary>
    public long OomKill { get; internal set; }

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

    /// <summary>File pages that differ from the device (nr_dirty).</summary>
    public long NrDirty { get; internal set; }

    /// <summary>Pages being written, to files or to swap (nr_writeback).</summary>
    public long NrWriteback { get; internal set; }

    /// <summary>File pages that became dirty (nr_dirtied); one that is dirty already counts again only once it was written.</summary>
    public long NrDirtied { get; internal set; }

    /// <summary>File pages written (nr_written).</summary>
    public long NrWritten { get; internal set; }

    /// <summary>KiB read from block devices (pgpgin).</summary>
    public long PgPgIn { get; internal set; }

    /// <summary>KiB written to block devices (pgpgout).</summary>
    public long PgPgOut { get; internal set; }

    /// <summary>Pages that mlock holds (nr_mlock).</summary>
    public long NrMlock { get; internal set; }

    /// <summary>Pages moved to an active list (pgactivate).</summary>
    public long PgActivate { get; internal set; }

    /// <summary>Pages moved from an active list to an inactive one (pgdeactivate).</summary>
    public long PgDeactivate { get; internal set; }

    /// <summary>Pages looked at on active lists (pgrefill).</summary>
    public long PgRefill { get; internal set; }

    /// <summary>Pages moved to the old end of their list, to be freed next (pgrotated).</summary>
    public long PgRotated { get; internal set; }

    /// <summary>Lazily freed pages that reclaim dropped (pglazyfreed).</summary>
    public long PgLazyFreed { get; internal set; }

    /// <summary>Pages that kswapd looked at on inactive lists (pgscan_kswapd).</summary>
    public long PgScanKswapd { get; internal set; }

    /// <summary>Pages that allocating tasks looked at on inactive lists (pgscan_direct).</summary>
    public long PgScanDirect { get; internal set; }

    /// <summary>Pages that kswapd reclaimed (pgsteal_kswapd).</summary>
    public long PgStealKswapd { get; internal set; }

    /// <summary>Pages that allocating tasks reclaimed (pgsteal_direct).</summary>
    public long PgStealDirect { get; internal set; }

    /// <summary>Anonymous pages looked at on inactive lists (pgscan_anon).</summary>
    public long PgScanAnon { get; internal set; }

    /// <summary>Pages of files looked at on inactive lists (pgscan_file).</summary>
    public long PgScanFile { get; internal set; }

    /// <summary>Anonymous pages reclaimed (pgsteal_anon).</summary>
    public long PgStealAnon { get; internal set; }

    /// <summary>Pages of files reclaimed (pgsteal_file).</summary>
    public long PgStealFile { get; internal set; }

    /// <summary>Allocations throttled until kswapd has made progress (pgscan_direct_throttle).</summary>
    public long PgScanDirectThrottle { get; internal set; }

    /// <summary>Pages read from swap (pswpin).</summary>
    public long PswpIn { get; internal set; }

    /// <summary>Pages written to swap (pswpout).</summary>
    public long PswpOut { get; internal set; }

    /// <summary>Pages that came back from zswap (zswpin).</summary>
    public long ZswpIn { get; internal set; }

    /// <summary>Pages that zswap took (zswpout).</summary>
    public long ZswpOut { get; internal set; }

    /// <summary>Pages that zswap wrote to swap, to have room (zswpwb; zswap_written_back_pages before 6.8).</summary>
    public long ZswpWb { get; internal set; }

    /// <summary>Pages in the swap cache (nr_swapcached).</summary>
    public long NrSwapCached { get; internal set; }

    /// <summary>Pages that swap read ahead (swap_ra).</summary>
    public long SwapRa { get; internal set; }

    /// <summary>Pages that swap read ahead and that were then used (swap_ra_hit).</summary>
    public long SwapRaHit { get; internal set; }

    /// <summary>
    /// Nodes of files' page indices that keep nothing but shadows (workingset_nodes). Simplified: those of swap's indices, from
    /// 6.3 on, are not counted.
    /// </summary>
    public long WorkingsetNodes { get; internal set; }

    /// <summary>Evicted anonymous pages that came back (workingset_refault_anon).</summary>
    public long WorkingsetRefaultAnon { get; internal set; }

    /// <summary>Evicted pages of files that came back (workingset_refault_file).</summary>
    public long WorkingsetRefaultFile { get; internal set; }

    /// <summary>Refaults of anonymous pages that were made active at once (workingset_activate_anon).</summary>
    public long WorkingsetActivateAnon { get; internal set; }

    /// <summary>Refaults of pages of files that were made active at once (workingset_activate_file).</summary>
    public long WorkingsetActivateFile { get; internal set; }

    /// <summary>Refaults of anonymous pages that had been active before (workingset_restore_anon).</summary>
    public long WorkingsetRestoreAnon { get; internal set; }

    /// <summary>Refaults of pages of files that had been active before (workingset_restore_file).</summary>
    public long WorkingsetRestoreFile { get; internal set; }

    /// <summary>Pages that reclaim began to write (nr_vmscan_write).</summary>
    public long NrVmscanWrite { get; internal set; }

    /// <summary>Pages under writeback that reclaim met again and marked to be freed at its end (nr_vmscan_immediate_reclaim).</summary>
    public long NrVmscanImmediateReclaim { get; internal set; }

    /// <summary>Anonymous pages taken off their lists for a moment (nr_isolated_anon).</summary>
    public long NrIsolatedAnon { get; internal set; }

    /// <summary>Pages of files taken off their lists for a moment (nr_isolated_file).</summary>
    public long NrIsolatedFile { get; internal set; }

    /// <summary>Times kswapd went to sleep for the low mark was met (kswapd_low_wmark_hit_quickly).</summary>
    public long KswapdLowWmarkHitQuickly { get; internal set; }

    /// <summary>Times kswapd slept a little and found the high mark missed again (kswapd_high_wmark_hit_quickly).</summary>
    public long KswapdHighWmarkHitQuickly { get; internal set; }

    /// <summary>Times kswapd set about balancing its node (pageoutrun).</summary>
    public long PageOutRun { get; internal set; }

    /// <summary>Pages found locked when they were to be added to a list (unevictable_pgs_culled).</summary>
    public long UnevictablePgsCulled { get; internal set; }

    /// <summary>Pages found no longer locked (unevictable_pgs_rescued).</summary>
    public long UnevictablePgsRescued { get; internal set; }

    /// <summary>Slab objects that shrinkers looked at (slabs_scanned).</summary>
    public long SlabsScanned { get; internal set; }

    /// <summary>Nodes with nothing but shadows that reclaim freed (workingset_nodereclaim).</summary>
    public long WorkingsetNodeReclaim { get; internal set; }

    /// <summary>Times vm.drop_caches dropped pages of files (drop_pagecache).</summary>
    public long DropPagecache { get; internal set; }

    /// <summary>Times vm.drop_caches dropped kernel objects (drop_slab).</summary>
    public long DropSlab { get; internal set; }

    /// <summary>What was left of pages of inodes that a task's reclaim took (pginodesteal).</summary>
    public long PgInodeSteal { get; internal set; }

    /// <summary>The same by kswapd (kswapd_inodesteal).</summary>
    public long KswapdInodeSteal { get; internal set; }

    /// <summary>
    /// Pages of slabs that were given back so far, and of inodes that were taken: reclaim counts those that it caused (reclaimed_slab).
    /// </summary>
    internal long ReclaimedSlab { get; set; }

    /// <summary>Direct reclaims by the highest zone that would help (allocstall_dma, allocstall_dma32, allocstall_normal, allocstall_movable).</summary>
    public ZoneCounters AllocStall;

    /// <summary>allocstall_* of all zone types.</summary>
    public long AllocStalls
    {
        get
        {
            long stalls = 0;
            foreach (long count in AllocStall)
                stalls += count;
            return stalls;
        }
    }

    /// <summary>Pages passed over because their zone would not help, by zone (pgskip_dma …).</summary>
    public ZoneCounters PgSkip;

    /// <summary>Pages of swap space that are in no use (nr_swap_pages; SwapFree).</summary>
    public long NrSwapPages { get; internal set; }

    /// <summary>Pages of swap space (total_swap_pages; SwapTotal).</summary>
    public long TotalSwapPages { get; internal set; }

    /// <summary>Pages of slabs whose objects a shrinker can free (nr_slab_reclaimable).</summary>
    public long NrSlabReclaimable { get; internal set; }

    /// <summary>Pages of other slabs (nr_slab_unreclaimable).</summary>
    public long NrSlabUnreclaimable { get; internal set; }

    /// <summary>Kernel stacks of living tasks, KiB (nr_kernel_stack).</summary>
    public long NrKernelStack { get; internal set; }

    /// <summary>A counter for each zone type, in the order of the types.</summary>
    [InlineArray(5)]
    public struct ZoneCounters
    {
        private long _first;
    }
}
