using Pagewise.Abi;

namespace Pagewise.Kernel.AddressSpaces;

/// <summary>What address spaces do differently from release to release, one switch a change, each named by it.</summary>
public sealed record MmFeatures
{
    /// <summary>Works the switches out for a release.</summary>
    public MmFeatures(KernelVersion kernel)
    {
        AlignsAnonymousForThp = kernel >= new KernelVersion(6, 7);
        AlignsAnonymousMultiplesOnly = kernel >= new KernelVersion(6, 13);
        ThpAlignmentHonoursTopDown = kernel >= new KernelVersion(6, 7);
        MapStackIsNoHugePage = kernel >= new KernelVersion(6, 7);
        ChecksBeforeUnmapping = kernel >= new KernelVersion(6, 12);
        MergesUnfaultedIntoFaulted = kernel >= new KernelVersion(6, 16);
        MmapAsksAreaAboveFirst = kernel < new KernelVersion(6, 12);
        MprotectUnaccountsUntouched = kernel >= new KernelVersion(6, 6);
        MremapMovesManyAreas = kernel >= new KernelVersion(6, 17);
        DontUnmapKeepsCharge = kernel >= new KernelVersion(6, 18);
        HasVvarVclock = kernel >= new KernelVersion(6, 13);
        VdsoBesideStack = kernel < new KernelVersion(6, 13);
        MovesBrkOfStaticPie = kernel >= new KernelVersion(6, 15);
        HasAbove4G = kernel >= new KernelVersion(6, 6);
        HasMseal = kernel >= new KernelVersion(6, 10);
        HasDroppable = kernel >= new KernelVersion(6, 11);
        HasGuardRegions = kernel >= new KernelVersion(6, 13);
        HasGuardRegionsInFiles = kernel >= new KernelVersion(6, 15);
        HasMaybeGuard = kernel >= new KernelVersion(6, 18);
        MapsDevZeroForThp = kernel >= new KernelVersion(6, 16);
        CountsRetriedFaults = kernel < new KernelVersion(6, 4);
        ReclaimsPteTables = kernel >= new KernelVersion(6, 14);
        HasLargeExt4Folios = kernel >= new KernelVersion(6, 16);
        MapsWholeFolios = kernel >= new KernelVersion(6, 18);
        CountedTableLevels = kernel < new KernelVersion(6, 7) ? 2 : kernel < new KernelVersion(6, 14) ? 3 : 5;
        DontUnmapCountsLockedTwice = kernel >= new KernelVersion(6, 15);
        DrainsBeforeDroppingCaches = kernel >= new KernelVersion(6, 6);
        TellsMissesFromMarks = kernel >= new KernelVersion(6, 11);
        HasSwapSlotsCache = kernel < new KernelVersion(6, 15);
        CountsRotationsAsCost = kernel >= new KernelVersion(6, 2);
        IgnoresRandomlyRead = kernel >= new KernelVersion(6, 3);
        ProtectsFoliosInBatches = kernel >= new KernelVersion(6, 17);
        DelaysRmapOfDirtyPages = kernel >= new KernelVersion(6, 2);
        ZapsFoliosInBatches = kernel >= new KernelVersion(6, 9);
        WithoutRecency = kernel >= new KernelVersion(6, 3) ? VmFlags.SeqRead | VmFlags.RandRead : VmFlags.SeqRead;
        DrainsLruBeforeUnmapping = kernel < new KernelVersion(6, 18);
        FreesTablesByRcu = kernel >= new KernelVersion(6, 14);
        HasZbud = kernel < new KernelVersion(6, 15);
        ZswapHasOwnLru = kernel >= new KernelVersion(6, 5);
        ZswapShrinksUntilItAccepts = kernel >= new KernelVersion(6, 5);
        ZswapListsByCgroup = kernel >= new KernelVersion(6, 8);
        HasZswapWriteback = kernel >= new KernelVersion(6, 8);
        ZswapWritebackHeedsAncestors = kernel >= new KernelVersion(6, 11);
        ZswapPassesOverEmptyCgroups = kernel >= new KernelVersion(6, 12);
        ZswapLoadsExclusively = kernel >= new KernelVersion(6, 9);
        ZswapGivesSecondChance = kernel >= new KernelVersion(6, 12);
        ZswapKeepsIncompressible = kernel >= new KernelVersion(6, 18);
        CountsSlabsReclaimedForCgroups = kernel < new KernelVersion(6, 4);
        TablesAreCompound = kernel >= new KernelVersion(6, 6);
    }

    /// <summary>Before 6.15: zswap's pool may be, and by default is, zbud.</summary>
    public bool HasZbud { get; }

    /// <summary>6.5: zswap itself knows which pages it has kept longest, in any pool; before, only zbud knew it of its frames.</summary>
    public bool ZswapHasOwnLru { get; }

    /// <summary>6.5: a full pool is shrunk until it takes pages again, not by one frame.</summary>
    public bool ZswapShrinksUntilItAccepts { get; }

    /// <summary>6.8: zswap has a list for each cgroup: cgroups are written back in turn, and one that is at its memory.zswap.max for itself.</summary>
    public bool ZswapListsByCgroup { get; }

    /// <summary>6.8: memory.zswap.writeback, and zswpwb in memory.stat.</summary>
    public bool HasZswapWriteback { get; }

    /// <summary>6.11: memory.zswap.writeback holds for all below a cgroup; before, children took it over when they were made.</summary>
    public bool ZswapWritebackHeedsAncestors { get; }

    /// <summary>6.12: whoever shrinks zswap does not fail at a cgroup that has nothing to write back, or must not.</summary>
    public bool ZswapPassesOverEmptyCgroups { get; }

    /// <summary>6.9: a page that comes back from zswap to the swap cache is kept there no longer.</summary>
    public bool ZswapLoadsExclusively { get; }

    /// <summary>6.12: zswap passes over each page once before it writes it back.</summary>
    public bool ZswapGivesSecondChance { get; }

    /// <summary>6.18: zswap keeps pages too that do not become shorter.</summary>
    public bool ZswapKeepsIncompressible { get; }

    /// <summary>
    /// Levels of page tables that nr_page_table_pages counts, from the lowest: PTE and PMD tables; 6.7: PUD tables too;
    /// 6.14: all, the top one included.
    /// </summary>
    public int CountedTableLevels { get; }

    /// <summary>6.7: an anonymous mapping of 2 MiB or more without a hint is placed on a 2 MiB boundary.</summary>
    public bool AlignsAnonymousForThp { get; }

    /// <summary>6.13: only when its length is a multiple of 2 MiB.</summary>
    public bool AlignsAnonymousMultiplesOnly { get; }

    /// <summary>6.7: alignment for huge pages keeps to the top of the gap where no shift is needed.</summary>
    public bool ThpAlignmentHonoursTopDown { get; }

    /// <summary>6.7: MAP_STACK sets VM_NOHUGEPAGE.</summary>
    public bool MapStackIsNoHugePage { get; }

    /// <summary>6.12: mmap checks limits before it unmaps what MAP_FIXED replaces; before, a failing mmap left a hole.</summary>
    public bool ChecksBeforeUnmapping { get; }

    /// <summary>6.16: areas merge when one of the two has no anon_vma yet, whichever it is.</summary>
    public bool MergesUnfaultedIntoFaulted { get; }

    /// <summary>
    /// Before 6.12: a new mapping that fits both neighbours, which do not fit each other, joins the one above; after, the
    /// one below.
    /// </summary>
    public bool MmapAsksAreaAboveFirst { get; }

    /// <summary>6.6: mprotect to read-only gives back the commit charge of anonymous memory never touched.</summary>
    public bool MprotectUnaccountsUntouched { get; }

    /// <summary>6.17: a same-size MREMAP_FIXED may cover several areas and the gaps between them.</summary>
    public bool MremapMovesManyAreas { get; }

    /// <summary>6.18: the source of MREMAP_DONTUNMAP stays charged; before, its whole area lost VM_ACCOUNT.</summary>
    public bool DontUnmapKeepsCharge { get; }

    /// <summary>6.13: [vvar] ends with an area of its own for virtual clocks, [vvar_vclock].</summary>
    public bool HasVvarVclock { get; }

    /// <summary>Before 6.13: with ASLR the vdso goes above the stack; after, to the mmap area.</summary>
    public bool VdsoBesideStack { get; }

    /// <summary>6.15: a static-pie's break moves to the low half without ASLR too.</summary>
    public bool MovesBrkOfStaticPie { get; }

    /// <summary>6.6: MAP_ABOVE4G; earlier releases know no such flag.</summary>
    public bool HasAbove4G { get; }

    /// <summary>6.10: mseal(2).</summary>
    public bool HasMseal { get; }

    /// <summary>6.11: MAP_DROPPABLE.</summary>
    public bool HasDroppable { get; }

    /// <summary>6.13: MADV_GUARD_INSTALL and MADV_GUARD_REMOVE.</summary>
    public bool HasGuardRegions { get; }

    /// <summary>6.15: guard regions in file mappings and read-only ones too.</summary>
    public bool HasGuardRegionsInFiles { get; }

    /// <summary>
    /// Guard markers are told by VM_MAYBE_GUARD, and only anonymous areas get an anon_vma with their first; before, every
    /// area did. Found by which areas merge after MADV_GUARD_INSTALL.
    /// </summary>
    public bool HasMaybeGuard { get; }

    /// <summary>Private mappings of /dev/zero are placed as for huge pages.</summary>
    public bool MapsDevZeroForThp { get; }

    /// <summary>Before 6.4: pgfault counts a fault that was retried after I/O twice.</summary>
    public bool CountsRetriedFaults { get; }

    /// <summary>6.14: MADV_DONTNEED over whole last-level tables frees those that it empties (CONFIG_PT_RECLAIM).</summary>
    public bool ReclaimsPteTables { get; }

    /// <summary>6.16: ext4 keeps what one write brought in one folio of up to 2 MiB.</summary>
    public bool HasLargeExt4Folios { get; }

    /// <summary>6.18: a fault on a file maps all of a large folio when the area, the table and the file's end allow it.</summary>
    public bool MapsWholeFolios { get; }

    /// <summary>
    /// 6.15: MREMAP_DONTUNMAP of locked memory counts its pages in locked_vm at the new place and leaves the old ones
    /// counted, which are unlocked (seen on 6.18: VmLck stays too high for ever).
    /// </summary>
    public bool DontUnmapCountsLockedTwice { get; }

    /// <summary>
    /// 6.6: vm.drop_caches first lets go what CPUs hold ("fs: drop_caches: draining pages before dropping caches"), so that blocks
    /// of the device that a CPU holds are dropped too; before, they stay.
    /// </summary>
    public bool DrainsBeforeDroppingCaches { get; }

    /// <summary>
    /// 6.11: readahead decides on a missing page and on a marked one by rules of their own ("mm: Fix various readahead
    /// quirks"); before, by one function for both. That a window never shrinks, which came with it, is in every stable
    /// release too and so holds of all.
    /// </summary>
    public bool TellsMissesFromMarks { get; }

    /// <summary>6.17: mprotect changes the entries of a folio together, and all get the dirty and accessed bits that one has.</summary>
    public bool ProtectsFoliosInBatches { get; }

    /// <summary>6.2: an unmapping that met a dirty page of a file takes no more batches before it flushes (delayed_rmap).</summary>
    public bool DelaysRmapOfDirtyPages { get; }

    /// <summary>6.9: entries of one folio are zapped together, as one note of the mmu_gather.</summary>
    public bool ZapsFoliosInBatches { get; }

    /// <summary>
    /// Pages that wait for an LRU list are put there before an unmapping (lru_add_drain), so they go with it. On 6.18 they
    /// stay until their batch is full, as its tracepoints show; in which release that began was not found out.
    /// </summary>
    public bool DrainsLruBeforeUnmapping { get; }

    /// <summary>6.14: page tables are freed apart from the pages, after a grace period (CONFIG_PT_RECLAIM).</summary>
    public bool FreesTablesByRcu { get; }

    /// <summary>Areas whose accessed entries do not mark the pages of files as used when they are unmapped (vma_has_recency): 6.3 added MADV_RANDOM's.</summary>
    public VmFlags WithoutRecency { get; }

    /// <summary>Before 6.4: pages of slabs that reclaim for a cgroup freed count as reclaimed for it, whoever paid for them.</summary>
    public bool CountsSlabsReclaimedForCgroups { get; }

    /// <summary>6.6: page tables are allocated with __GFP_COMP (pagetable_alloc).</summary>
    public bool TablesAreCompound { get; }

    /// <summary>Before 6.15: each CPU keeps a stock of 64 free slots of swap, and one of slots to give back.</summary>
    public bool HasSwapSlotsCache { get; }

    /// <summary>6.2: what reclaim costs is 32 for a page written and 1 for a page of an executable kept active; before, 1 for a page written.</summary>
    public bool CountsRotationsAsCost { get; }

    /// <summary>6.3: use through areas advised MADV_RANDOM does not count as a reference; before, only that through MADV_SEQUENTIAL did not.</summary>
    public bool IgnoresRandomlyRead { get; }
}
