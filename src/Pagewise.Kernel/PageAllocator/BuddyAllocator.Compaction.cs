using Pagewise.Kernel.Frames;

namespace Pagewise.Kernel.PageAllocator;

/// <content>
/// Compaction (mm/compaction.c): one scanner walks up looking for movable pages, the other down looking for free ones
/// to move them to, until a block of the order is free or they meet. Simplified: pages are moved one at a time, no skip
/// hints, no proactive compaction, no capture of a block on its way to the free lists.
/// </content>
public sealed partial class BuddyAllocator
{
    private const int MaxDeferShift = 6;
    private const int ExtfragThreshold = 500;

    /// <summary>Who moves pages; null: nobody, so compaction never finds any.</summary>
    public IPageMigration? Migration { get; set; }

    /// <summary>Times an allocation compacted (compact_stall).</summary>
    public long CompactStall { get; private set; }

    /// <summary>Times it got its block thereby (compact_success).</summary>
    public long CompactSuccess { get; private set; }

    /// <summary>Times it did not (compact_fail).</summary>
    public long CompactFail { get; private set; }

    /// <summary>Pages that were looked at for moving (compact_migrate_scanned).</summary>
    public long CompactMigrateScanned { get; private set; }

    /// <summary>Pages that were looked at for being free (compact_free_scanned).</summary>
    public long CompactFreeScanned { get; private set; }

    /// <summary>Pages moved (pgmigrate_success).</summary>
    public long PgMigrateSuccess { get; private set; }

    /// <summary>Pages that could not be moved (pgmigrate_fail).</summary>
    public long PgMigrateFail { get; private set; }

    /// <summary>__alloc_pages_direct_compact.</summary>
    private uint DirectCompact(Gfp gfp, int order, AllocFlags flags, in AllocContext context, CompactPriority priority, out CompactResult result)
    {
        result = CompactResult.Skipped;
        if (order == 0 || Migration is null)
            return 0;
        foreach (ushort index in _zones.Zonelist(context.Node))
        {
            ref Zone zone = ref _zones[index];
            if (!Allows(zone, context.NodeMask, context.Highest))
                continue;
            if (priority > CompactPriority.SyncFull && CompactionDeferred(ref zone, order))
            {
                result = Max(result, CompactResult.Deferred);
                continue;
            }

            CompactResult one = CompactZone(ref zone, order, context, flags, priority);
            result = Max(result, one);
            if (one == CompactResult.Success)
            {
                CompactionDeferReset(ref zone, order, allocated: false);
                break;
            }

            if (priority != CompactPriority.Async && one is CompactResult.Complete or CompactResult.PartialSkipped)
                DeferCompaction(ref zone, order);
        }

        if (result is CompactResult.Skipped or CompactResult.Deferred)
            return 0;
        CompactStall++;
        uint pfn = GetPageFromFreelist(gfp, order, flags, context);
        if (pfn == 0)
        {
            CompactFail++;
            return 0;
        }

        CompactionDeferReset(ref _zones[ZoneOf(pfn)], order, allocated: true);
        CompactSuccess++;
        return pfn;

        static CompactResult Max(CompactResult left, CompactResult right) => left > right ? left : right;
    }

    /// <summary>should_compact_retry.</summary>
    private bool ShouldCompactRetry(int order, AllocFlags flags, in AllocContext context, CompactResult result, ref CompactPriority priority, ref int retries)
    {
        if (order == 0)
            return false;
        if (result == CompactResult.Success)
            retries++;
        if (result == CompactResult.Skipped)
            return CompactionZonelistSuitable(order, flags, context);
        if (result is CompactResult.Success or CompactResult.Continue)
        {
            int most = order > PageOrder.Costly ? MaxCompactRetries / 4 : MaxCompactRetries;
            if (retries <= most)
                return true;
        }

        if (priority <= (order > PageOrder.Costly ? CompactPriority.SyncLight : CompactPriority.SyncFull))
            return false;
        priority--;
        retries = 0;
        return true;
    }

    /// <summary>compaction_zonelist_suitable: whether compaction could work once some pages are reclaimed.</summary>
    private bool CompactionZonelistSuitable(int order, AllocFlags flags, in AllocContext context)
    {
        foreach (ushort index in _zones.Zonelist(context.Node))
        {
            ref Zone zone = ref _zones[index];
            if (!Allows(zone, context.NodeMask, context.Highest))
                continue;
            long available = zone.FreePages + ((Pressure?.ReclaimablePages(index) ?? 0) / order);
            if (RoomToCompact(zone, order, context.Highest, available))
                return true;
        }

        return false;
    }

    /// <summary>Whether so many free pages suffice to move pages around (compaction_suitable).</summary>
    private bool RoomToCompact(in Zone zone, int order, ZoneType highest, long freePages)
    {
        long mark = zone.MarkPages(order > PageOrder.Costly ? Watermark.Low : Watermark.Min) + (2L << order);
        return ZoneWatermarkOk(zone, 0, mark, highest, AllocFlags.WmarkMin, freePages);
    }

    private static bool CompactionDeferred(ref Zone zone, int order)
    {
        if (order < zone.CompactOrderFailed)
            return false;
        int limit = 1 << zone.CompactDeferShift;
        if (++zone.CompactConsidered < limit)
            return true;
        zone.CompactConsidered = limit;
        return false;
    }

    private static void DeferCompaction(ref Zone zone, int order)
    {
        zone.CompactConsidered = 0;
        zone.CompactDeferShift = Math.Min(zone.CompactDeferShift + 1, MaxDeferShift);
        zone.CompactOrderFailed = Math.Min(zone.CompactOrderFailed, order);
    }

    private static void CompactionDeferReset(ref Zone zone, int order, bool allocated)
    {
        if (allocated)
        {
            zone.CompactConsidered = 0;
            zone.CompactDeferShift = 0;
        }

        if (order >= zone.CompactOrderFailed)
            zone.CompactOrderFailed = order + 1;
    }

    private CompactResult CompactZone(ref Zone zone, int order, in AllocContext context, AllocFlags flags, CompactPriority priority)
    {
        if (ZoneWatermarkOk(zone, order, zone.MarkPages((Watermark)(flags & AllocFlags.WmarkMask)), context.Highest, flags, zone.FreePages))
            return CompactResult.Success;
        if (!RoomToCompact(zone, order, context.Highest, zone.FreePages) || (order > PageOrder.Costly && FragmentationIndex(zone, order) is >= 0 and <= ExtfragThreshold))
            return CompactResult.Skipped;
        bool whole = priority == CompactPriority.SyncFull || zone.CompactCachedMigratePfn == 0;
        uint last = (zone.EndPfn - 1) & ~(PageOrder.PageblockPages - 1);
        uint migrate = whole ? zone.StartPfn : zone.CompactCachedMigratePfn;
        uint free = whole || zone.CompactCachedFreePfn == 0 ? last : zone.CompactCachedFreePfn;
        uint targets = 0;
        CompactResult result;
        while (true)
        {
            if ((migrate & ~(PageOrder.PageblockPages - 1)) >= free)
            {
                (zone.CompactCachedMigratePfn, zone.CompactCachedFreePfn) = (0, 0);
                result = whole ? CompactResult.Complete : CompactResult.PartialSkipped;
                break;
            }

            if (!CompactPageblock(ref zone, migrate, ref free, ref targets, context.Type, priority))
            {
                (zone.CompactCachedMigratePfn, zone.CompactCachedFreePfn) = (0, 0);
                result = CompactResult.Complete;
                break;
            }

            migrate = (migrate & ~(PageOrder.PageblockPages - 1)) + PageOrder.PageblockPages;
            (zone.CompactCachedMigratePfn, zone.CompactCachedFreePfn) = (migrate, free);
            if (HasBlock(zone, order, context.Type))
            {
                result = CompactResult.Success;
                break;
            }
        }

        ReleaseTargets(ref zone, targets);
        return result;
    }

    /// <summary>__compact_finished: whether a block of the order is free for the type, or can be claimed for it.</summary>
    private static bool HasBlock(in Zone zone, int order, MigrateType type)
    {
        for (int current = order; current <= PageOrder.Max; current++)
        {
            ref readonly FreeArea area = ref zone.FreeArea[current];
            if (area.Lists[(int)type].First != 0 || (CanClaim(current, type) && FindFallback(area, type, out _)))
                return true;
        }

        return false;
    }

    /// <summary>fragmentation_index, thousandths: near 0 an allocation fails for want of pages, near 1000 for fragmentation; -1000: it would not fail.</summary>
    private static long FragmentationIndex(in Zone zone, int order)
    {
        long blocks = 0;
        for (int current = 0; current <= PageOrder.Max; current++)
        {
            blocks += zone.FreeArea[current].NrFree;
            if (current >= order && zone.FreeArea[current].NrFree != 0)
                return -1000;
        }

        return blocks == 0 ? 0 : 1000 - ((1000 + (zone.FreePages * 1000 / (1L << order))) / blocks);
    }

    /// <summary>Moves the movable pages of one pageblock; false: there is nowhere to move them.</summary>
    private bool CompactPageblock(ref Zone zone, uint from, ref uint free, ref uint targets, MigrateType type, CompactPriority priority)
    {
        // A cheap pass only empties pageblocks that the allocation could then use.
        MigrateType block = PageblockType(from);
        if (block == MigrateType.Isolate || (priority == CompactPriority.Async && block != type))
            return true;
        uint end = Math.Min((from & ~(PageOrder.PageblockPages - 1)) + PageOrder.PageblockPages, zone.EndPfn);
        for (uint pfn = from; pfn < end;)
        {
            CompactMigrateScanned++;
            int order = FreeOrder(pfn);
            if (order >= 0)
            {
                pfn += 1u << order;
                continue;
            }

            if ((_memMap[pfn].Flags & PageFlags.Allocated) != 0 && IsMovable(_memMap[pfn]) && Migration!.CanMove(pfn))
            {
                uint target = TakeTarget(ref zone, ref free, ref targets, end, priority);
                if (target == 0)
                    return false;
                MovePage(ref zone, pfn, target, ref targets);
            }

            pfn++;
        }

        return true;
    }

    private void MovePage(ref Zone zone, uint pfn, uint target, ref uint targets)
    {
        PrepareNewPage(target, 0, Gfp.None);
        PageFlags data = _memMap[target].Flags & PageFlags.HasData;
        if (!Migration!.Move(pfn, target))
        {
            PgMigrateFail++;
            _memMap[target] = default;
            _memMap[target].Flags = data;
            _memMap[target].Next = targets;
            targets = target;
            return;
        }

        PgMigrateSuccess++;
        ref PageFrame frame = ref _memMap[pfn];
        PageFlags left = frame.Flags & PageFlags.HasData;
        frame = default;
        frame.Flags = left;
        FreeOnePage(ref zone, pfn, 0, PageblockType(pfn));
    }

    /// <summary>A free frame from the upper scanner; 0: the scanners met.</summary>
    private uint TakeTarget(ref Zone zone, ref uint free, ref uint targets, uint scannerEnd, CompactPriority priority)
    {
        while (targets == 0)
        {
            if (free < scannerEnd)
                return 0;
            bool fits = priority == CompactPriority.SyncFull ? PageblockType(free) < MigrateType.HighAtomic : PageblockType(free) == MigrateType.Movable;
            if (fits && (FreeOrder(free) < PageOrder.Pageblock))
                IsolateFreePages(ref zone, free, ref targets);
            if (targets == 0)
                free -= PageOrder.PageblockPages;
        }

        uint pfn = targets;
        targets = _memMap[pfn].Next;
        return pfn;
    }

    /// <summary>isolate_freepages_block: takes free blocks of a pageblock apart, at most 32 frames and the rest of the last block.</summary>
    private void IsolateFreePages(ref Zone zone, uint first, ref uint targets)
    {
        int taken = 0;
        uint end = Math.Min(first + PageOrder.PageblockPages, zone.EndPfn);
        for (uint pfn = first; pfn < end && taken < 32;)
        {
            CompactFreeScanned++;
            int order = FreeOrder(pfn);
            if (order < 0)
            {
                pfn++;
                continue;
            }

            RemoveFromFreeList(ref zone, pfn, order);
            zone.FreePages -= 1L << order;
            for (uint i = pfn; i < pfn + (1u << order); i++)
            {
                _memMap[i].Next = targets;
                targets = i;
            }

            taken += 1 << order;
            pfn += 1u << order;
        }
    }

    private void ReleaseTargets(ref Zone zone, uint targets)
    {
        while (targets != 0)
        {
            uint next = _memMap[targets].Next;
            _memMap[targets].Next = 0;
            FreeOnePage(ref zone, targets, 0, PageblockType(targets));
            targets = next;
        }
    }
}
