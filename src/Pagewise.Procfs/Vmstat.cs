using System.Globalization;
using System.Text;
using Pagewise.Kernel;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Procfs;

/// <summary>/proc/vmstat (vmstat_show, mm/vmstat.c): lines "name value"; reading and writing give the same bytes.</summary>
/// <param name="Counters">The counters in the file's order.</param>
public sealed record Vmstat(IReadOnlyList<ProcfsCounter> Counters)
{
    /// <summary>The file's name under /proc.</summary>
    public const string FileName = "vmstat";

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ProcfsException">The text is not a vmstat.</exception>
    public static Vmstat Parse(string text)
    {
        var scanner = new ProcfsScanner(FileName, text);
        var counters = new List<ProcfsCounter>();
        do
        {
            string name = scanner.Until(' ', "a counter's name");
            // Counters that race below 0 are shown as unsigned.
            counters.Add(new ProcfsCounter(name, unchecked((long)scanner.Unsigned())));
            scanner.EndOfLine();
        }
        while (!scanner.AtEnd);
        return new Vmstat(counters);
    }

    /// <summary>
    /// What a modelled machine shows. Counters of mechanisms that the machine does not have stay 0, as on a kernel built
    /// without them.
    /// </summary>
    public static Vmstat Of(Machine machine)
    {
        Dictionary<string, long> moved = Moved(machine);
        return new Vmstat([.. from name in VmstatNames.Of(machine.Spec.Kernel) select new ProcfsCounter(name, moved.GetValueOrDefault(name))]);
    }

    /// <summary>A counter; null when there is none of that name.</summary>
    public long? this[string name]
    {
        get
        {
            foreach (ProcfsCounter counter in Counters)
            {
                if (counter.Name == name)
                    return counter.Value;
            }

            return null;
        }
    }

    /// <summary>The file's text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (ProcfsCounter counter in Counters)
            text.Append(CultureInfo.InvariantCulture, $"{counter.Name} {unchecked((ulong)counter.Value)}\n");
        return text.ToString();
    }

    private static Dictionary<string, long> Moved(Machine machine)
    {
        VmStat stat = machine.VmStat;
        var moved = new Dictionary<string, long>(StringComparer.Ordinal)
        {
            ["nr_mlock"] = stat.NrMlock,
            ["nr_zspages"] = machine.Swap.CompressedFrames,
            ["nr_anon_pages"] = stat.NrAnonPages,
            ["nr_mapped"] = stat.NrMapped,
            ["nr_file_pages"] = stat.NrFilePages,
            ["nr_shmem"] = stat.NrShmem,
            ["nr_anon_transparent_hugepages"] = stat.NrAnonTransparentHugepages,
            ["nr_slab_reclaimable"] = stat.NrSlabReclaimable,
            ["nr_slab_unreclaimable"] = stat.NrSlabUnreclaimable,
            ["nr_kernel_stack"] = stat.NrKernelStack,
            ["nr_page_table_pages"] = stat.NrPageTablePages,
            ["nr_inactive_anon"] = machine.Lru.Pages(LruList.InactiveAnon),
            ["nr_active_anon"] = machine.Lru.Pages(LruList.ActiveAnon),
            ["nr_inactive_file"] = machine.Lru.Pages(LruList.InactiveFile),
            ["nr_active_file"] = machine.Lru.Pages(LruList.ActiveFile),
            ["nr_unevictable"] = machine.Lru.Pages(LruList.Unevictable),
            ["nr_zone_inactive_anon"] = machine.Lru.Pages(LruList.InactiveAnon),
            ["nr_zone_active_anon"] = machine.Lru.Pages(LruList.ActiveAnon),
            ["nr_zone_inactive_file"] = machine.Lru.Pages(LruList.InactiveFile),
            ["nr_zone_active_file"] = machine.Lru.Pages(LruList.ActiveFile),
            ["nr_zone_unevictable"] = machine.Lru.Pages(LruList.Unevictable),
            ["nr_isolated_anon"] = stat.NrIsolatedAnon,
            ["nr_isolated_file"] = stat.NrIsolatedFile,
            ["nr_swapcached"] = stat.NrSwapCached,
            ["nr_vmscan_write"] = stat.NrVmscanWrite,
            ["nr_vmscan_immediate_reclaim"] = stat.NrVmscanImmediateReclaim,
            ["workingset_nodes"] = stat.WorkingsetNodes,
            ["workingset_nodereclaim"] = stat.WorkingsetNodeReclaim,
            ["drop_pagecache"] = stat.DropPagecache,
            ["drop_slab"] = stat.DropSlab,
            ["workingset_refault_anon"] = stat.WorkingsetRefaultAnon,
            ["workingset_refault_file"] = stat.WorkingsetRefaultFile,
            ["workingset_activate_anon"] = stat.WorkingsetActivateAnon,
            ["workingset_activate_file"] = stat.WorkingsetActivateFile,
            ["workingset_restore_anon"] = stat.WorkingsetRestoreAnon,
            ["workingset_restore_file"] = stat.WorkingsetRestoreFile,
            ["pswpin"] = stat.PswpIn,
            ["pswpout"] = stat.PswpOut,
            ["pgactivate"] = stat.PgActivate,
            ["pgdeactivate"] = stat.PgDeactivate,
            ["pglazyfreed"] = stat.PgLazyFreed,
            ["pgrefill"] = stat.PgRefill,
            ["pgrotated"] = stat.PgRotated,
            ["pgsteal_kswapd"] = stat.PgStealKswapd,
            ["pgsteal_direct"] = stat.PgStealDirect,
            ["pgscan_kswapd"] = stat.PgScanKswapd,
            ["pgscan_direct"] = stat.PgScanDirect,
            ["pgscan_direct_throttle"] = stat.PgScanDirectThrottle,
            ["pgscan_anon"] = stat.PgScanAnon,
            ["pgscan_file"] = stat.PgScanFile,
            ["pgsteal_anon"] = stat.PgStealAnon,
            ["pgsteal_file"] = stat.PgStealFile,
            ["pginodesteal"] = stat.PgInodeSteal,
            ["kswapd_inodesteal"] = stat.KswapdInodeSteal,
            ["slabs_scanned"] = stat.SlabsScanned,
            ["kswapd_low_wmark_hit_quickly"] = stat.KswapdLowWmarkHitQuickly,
            ["kswapd_high_wmark_hit_quickly"] = stat.KswapdHighWmarkHitQuickly,
            ["pageoutrun"] = stat.PageOutRun,
            ["unevictable_pgs_culled"] = stat.UnevictablePgsCulled,
            ["unevictable_pgs_rescued"] = stat.UnevictablePgsRescued,
            ["swap_ra"] = stat.SwapRa,
            ["zswpin"] = stat.ZswpIn,
            ["zswpout"] = stat.ZswpOut,
            ["zswpwb"] = stat.ZswpWb,
            ["swap_ra_hit"] = stat.SwapRaHit,
            ["nr_dirty"] = stat.NrDirty,
            ["nr_writeback"] = stat.NrWriteback,
            ["nr_dirtied"] = stat.NrDirtied,
            ["nr_written"] = stat.NrWritten,
            ["nr_dirty_threshold"] = (long)machine.Writeback.Limits.Threshold,
            ["nr_dirty_background_threshold"] = (long)machine.Writeback.Limits.Background,
            ["pgpgin"] = stat.PgPgIn,
            ["pgpgout"] = stat.PgPgOut,
            ["pgfree"] = stat.PgFree,
            ["pglazyfree"] = stat.PgLazyFree,
            ["pgfault"] = stat.PgFault,
            ["pgmajfault"] = stat.PgMajFault,
            ["pgreuse"] = stat.PgReuse,
            ["oom_kill"] = stat.OomKill,
            ["thp_fault_alloc"] = stat.ThpFaultAlloc,
            ["thp_fault_fallback"] = stat.ThpFaultFallback,
            ["thp_collapse_alloc"] = stat.ThpCollapseAlloc,
            ["thp_split_page"] = stat.ThpSplitPage,
            ["thp_deferred_split_page"] = stat.ThpDeferredSplitPage,
            ["thp_split_pmd"] = stat.ThpSplitPmd,
            ["thp_zero_page_alloc"] = stat.ThpZeroPageAlloc,
        };
        for (int index = 0; index < machine.Zones.ZoneCount; index++)
        {
            ref Zone zone = ref machine.Zones[index];
            Add("nr_free_pages", zone.FreePages);
            Add("nr_free_pages_blocks", FreeInWholeBlocks(in zone));
            Add("numa_hit", zone.NumaHit);
            Add("numa_miss", zone.NumaMiss);
            Add("numa_foreign", zone.NumaForeign);
            Add("numa_interleave", zone.NumaInterleave);
            Add("numa_local", zone.NumaLocal);
            Add("numa_other", zone.NumaOther);
            string type = zone.Type.Name().ToLowerInvariant();
            Add("pgalloc_" + type, zone.PgAlloc);
            moved["allocstall_" + type] = stat.AllocStall[(int)zone.Type];
            moved["pgskip_" + type] = stat.PgSkip[(int)zone.Type];
        }

        return moved;

        void Add(string name, long value) => moved[name] = moved.GetValueOrDefault(name) + value;
    }

    /// <summary>Free pages in blocks of a pageblock or more (NR_FREE_PAGES_BLOCKS, 6.17).</summary>
    private static long FreeInWholeBlocks(in Zone zone)
    {
        long pages = 0;
        for (int order = PageOrder.Pageblock; order <= PageOrder.Max; order++)
            pages += zone.FreeArea[order].NrFree << order;
        return pages;
    }
}
