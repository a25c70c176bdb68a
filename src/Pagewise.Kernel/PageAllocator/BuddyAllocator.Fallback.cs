using Pagewise.Kernel.Frames;

namespace Pagewise.Kernel.PageAllocator;

/// <content>
/// When a type's lists are empty: taking blocks of another type, preferably so that a whole pageblock changes hands
/// and the two kinds stay apart. Before 6.12 a found block is moved to the wanted lists and taken from there; since
/// then a pageblock is either claimed as a whole or only the block is stolen.
/// </content>
public sealed partial class BuddyAllocator
{
    /// <summary>__rmqueue: a block off the free areas, of the type if possible; 0: none.</summary>
    private uint Rmqueue(ref Zone zone, int order, MigrateType type, AllocFlags flags, ref RmqueueMode mode)
    {
        if (!_claimsBlocks)
        {
            uint pfn = RmqueueSmallest(ref zone, order, type);
            while (pfn == 0 && RmqueueFallback(ref zone, order, type, flags))
                pfn = RmqueueSmallest(ref zone, order, type);
            return pfn;
        }

        if (mode == RmqueueMode.Normal)
        {
            uint pfn = RmqueueSmallest(ref zone, order, type);
            if (pfn != 0)
                return pfn;
        }

        if (mode != RmqueueMode.Steal)
        {
            uint pfn = RmqueueClaim(ref zone, order, type, flags);
            if (pfn != 0)
            {
                mode = RmqueueMode.Normal;
                return pfn;
            }
        }

        if ((flags & AllocFlags.NoFragment) != 0)
            return 0;
        uint stolen = RmqueueSteal(ref zone, order, type);
        if (stolen != 0)
            mode = RmqueueMode.Steal;
        return stolen;
    }

    /// <summary>
    /// Whether an allocation of a type may take over the pageblock of a block it found (can_steal_fallback): when the
    /// block is large, or when the allocation would pollute the pageblock for good.
    /// </summary>
    private static bool CanClaim(int order, MigrateType start) => order >= PageOrder.Pageblock / 2 || start != MigrateType.Movable;

    /// <summary>The type to fall back on in an area, best first (find_suitable_fallback); false: none.</summary>
    private static bool FindFallback(in FreeArea area, MigrateType start, out MigrateType type)
    {
        type = start;
        if (area.NrFree == 0)
            return false;
        for (int choice = 0; choice < MigrateTypes.PcpCount - 1; choice++)
        {
            type = MigrateTypes.Fallback(start, choice);
            if (area.Lists[(int)type].First != 0)
                return true;
        }

        return false;
    }

    /// <summary>Moves blocks of another type to the wanted lists (__rmqueue_fallback, before 6.12); false: there are none.</summary>
    private bool RmqueueFallback(ref Zone zone, int order, MigrateType start, AllocFlags flags)
    {
        int least = order < PageOrder.Pageblock && (flags & AllocFlags.NoFragment) != 0 ? PageOrder.Pageblock : order;
        for (int current = PageOrder.Max; current >= least; current--)
        {
            if (!FindFallback(zone.FreeArea[current], start, out MigrateType type))
                continue;
            bool wholeBlock = CanClaim(current, start);
            // A movable page can be moved out of the way later, so it takes the smallest block instead of breaking the largest.
            for (int smaller = order; !wholeBlock && smaller < current; smaller++)
            {
                if (FindFallback(zone.FreeArea[smaller], start, out MigrateType found))
                {
                    (current, type) = (smaller, found);
                    break;
                }
            }

            uint pfn = zone.FreeArea[current].Lists[(int)type].First;
            StealSuitableFallback(ref zone, pfn, current, flags, start, wholeBlock);
            Tracepoints?.MmPageAllocExtfrag(pfn, order, current, start, type);
            return true;
        }

        return false;
    }

    /// <summary>steal_suitable_fallback (before 6.12).</summary>
    private void StealSuitableFallback(ref Zone zone, uint pfn, int order, AllocFlags flags, MigrateType start, bool wholeBlock)
    {
        if (PageblockType(pfn) != MigrateType.HighAtomic)
        {
            if (order >= PageOrder.Pageblock)
            {
                ChangePageblockRange(pfn, order, start);
            }
            else
            {
                Boost(ref zone, flags);
                if (wholeBlock && TryMoveFreepagesBlock(ref zone, pfn, start))
                    return;
            }
        }

        MoveToFreeList(ref zone, pfn, order, start);
    }

    /// <summary>Moves all free blocks of a pageblock to another type's lists, and claims the pageblock when at least half of it is free or suits; false: nothing moved.</summary>
    private bool TryMoveFreepagesBlock(ref Zone zone, uint pfn, MigrateType start)
    {
        if (!PageblockSpan(zone, pfn, out uint first))
            return false;
        MigrateType old = PageblockType(pfn);
        CountPageblock(first, out uint free, out uint movable);
        if (free == 0)
            return false;
        MoveFreepages(ref zone, first, start);
        if (free + AlikePages(start, old, free, movable) >= PageOrder.PageblockPages / 2)
            SetPageblockType(pfn, start);
        return true;
    }

    /// <summary>__rmqueue_claim (since 6.12): takes over a pageblock, largest block first; 0: none can be claimed.</summary>
    private uint RmqueueClaim(ref Zone zone, int order, MigrateType start, AllocFlags flags)
    {
        int least = order < PageOrder.Pageblock && (flags & AllocFlags.NoFragment) != 0 ? PageOrder.Pageblock : order;
        for (int current = PageOrder.Max; current >= least && CanClaim(current, start); current--)
        {
            if (!FindFallback(zone.FreeArea[current], start, out MigrateType type))
                continue;
            uint found = zone.FreeArea[current].Lists[(int)type].First;
            uint pfn = TryToClaimBlock(ref zone, found, current, order, start, type, flags);
            if (pfn == 0)
                continue;
            Tracepoints?.MmPageAllocExtfrag(found, order, current, start, type);
            return pfn;
        }

        return 0;
    }

    private uint TryToClaimBlock(ref Zone zone, uint pfn, int current, int order, MigrateType start, MigrateType type, AllocFlags flags)
    {
        if (current >= PageOrder.Pageblock)
        {
            RemoveFromFreeList(ref zone, pfn, current);
            ChangePageblockRange(pfn, current, start);
            Expand(ref zone, pfn, order, current, start);
            zone.FreePages -= 1L << order;
            return pfn;
        }

        Boost(ref zone, flags);
        if (!PageblockSpan(zone, pfn, out uint first))
            return 0;
        CountPageblock(first, out uint free, out uint movable);
        if (free + AlikePages(start, type, free, movable) < PageOrder.PageblockPages / 2)
            return 0;
        MoveFreepages(ref zone, first, start);
        SetPageblockType(first, start);
        return RmqueueSmallest(ref zone, order, start);
    }

    /// <summary>__rmqueue_steal (since 6.12): the smallest block of another type; its remainder stays with that type.</summary>
    private uint RmqueueSteal(ref Zone zone, int order, MigrateType start)
    {
        for (int current = order; current <= PageOrder.Max; current++)
        {
            if (!FindFallback(zone.FreeArea[current], start, out MigrateType type))
                continue;
            uint pfn = zone.FreeArea[current].Lists[(int)type].First;
            RemoveFromFreeList(ref zone, pfn, current);
            Expand(ref zone, pfn, order, current, type);
            zone.FreePages -= 1L << order;
            Tracepoints?.MmPageAllocExtfrag(pfn, order, current, start, type);
            return pfn;
        }

        return 0;
    }

    /// <summary>
    /// How many used pages of a pageblock suit the type that wants it: the movable ones for a movable allocation; for
    /// another type all that are not movable, if the block was movable, else none, since the two cannot be told apart.
    /// </summary>
    private static uint AlikePages(MigrateType start, MigrateType old, uint free, uint movable) =>
        start == MigrateType.Movable ? movable
        : old == MigrateType.Movable ? PageOrder.PageblockPages - (free + movable)
        : 0;

    /// <summary>The first frame of a frame's pageblock; false when the pageblock is not wholly in the zone.</summary>
    private static bool PageblockSpan(in Zone zone, uint pfn, out uint first)
    {
        first = pfn & ~(PageOrder.PageblockPages - 1);
        return Contains(zone, first) && Contains(zone, first + PageOrder.PageblockPages - 1);
    }

    private void CountPageblock(uint first, out uint free, out uint movable)
    {
        free = 0;
        movable = 0;
        for (uint pfn = first; pfn < first + PageOrder.PageblockPages;)
        {
            int order = FreeOrder(pfn);
            if (order >= 0)
            {
                free += 1u << order;
                pfn += 1u << order;
            }
            else
            {
                movable += IsMovable(_memMap[pfn]) ? 1u : 0;
                pfn++;
            }
        }
    }

    /// <summary>A page of a program or a file (PageLRU). Linux misses those that still wait in a CPU's batch for the lists, 15 at most.</summary>
    private static bool IsMovable(in PageFrame frame) => (frame.Flags & (PageFlags.Anon | PageFlags.PageCache)) != 0;

    /// <summary>move_freepages: all free blocks of a pageblock to the tails of a type's lists.</summary>
    private void MoveFreepages(ref Zone zone, uint first, MigrateType type)
    {
        for (uint pfn = first; pfn < first + PageOrder.PageblockPages;)
        {
            int order = FreeOrder(pfn);
            if (order >= 0)
                MoveToFreeList(ref zone, pfn, order, type);
            pfn += order >= 0 ? 1u << order : 1;
        }
    }

    private void ChangePageblockRange(uint pfn, int order, MigrateType type)
    {
        for (uint block = pfn; block < pfn + (1u << order); block += PageOrder.PageblockPages)
            SetPageblockType(block, type);
    }

    /// <summary>boost_watermark: mixing types raises the watermarks for a while, so that kswapd frees whole blocks before it happens again.</summary>
    private void Boost(ref Zone zone, AllocFlags flags)
    {
        int factor = _zones.Sysctls.WatermarkBoostFactor;
        // A zone of a few pageblocks would lose too much to it.
        if (factor == 0 || PageOrder.PageblockPages * 4 > zone.ManagedPages)
            return;
        long most = zone.Watermark[(int)Watermark.High] * factor / 10000;
        if (most == 0)
            return;
        zone.WatermarkBoost = Math.Min(zone.WatermarkBoost + PageOrder.PageblockPages, Math.Max(PageOrder.PageblockPages, most));
        if ((flags & AllocFlags.Kswapd) != 0)
            zone.Flags |= ZoneFlags.BoostedWatermark;
    }
}
