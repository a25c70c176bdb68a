using System.Runtime.CompilerServices;
using Pagewise.Kernel.Frames;

namespace Pagewise.Kernel.PageAllocator;

/// <content>The free lists and the buddy arithmetic: __free_one_page, __rmqueue_smallest, expand.</content>
public sealed partial class BuddyAllocator
{
    private const int TypeShift = 8;

    /// <summary>Whether a free block of exactly this order begins at a frame.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsFreeBlock(uint pfn, int order) => order == PageOrder.Max
        ? _maxBlocks[pfn >> PageOrder.Max].IsFree
        : (_memMap[pfn].Flags & PageFlags.Buddy) != 0 && (_memMap[pfn].Index & 0xff) == (uint)order;

    /// <summary>The order of the free block that begins at a frame (buddy_order of a PageBuddy page); -1: none does.</summary>
    /// <param name="pfn">The frame, below the machine's last.</param>
    public int FreeOrder(uint pfn)
    {
        if ((pfn & ((1u << PageOrder.Max) - 1)) == 0 && _maxBlocks[pfn >> PageOrder.Max].IsFree)
            return PageOrder.Max;
        return (_memMap[pfn].Flags & PageFlags.Buddy) != 0 ? (int)(_memMap[pfn].Index & 0xff) : -1;
    }

    /// <summary>The list that a free block is in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private MigrateType ListType(uint pfn, int order) => order == PageOrder.Max
        ? _maxBlocks[pfn >> PageOrder.Max].Type
        : (MigrateType)(_memMap[pfn].Index >> TypeShift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref uint Next(uint pfn, int order) => ref order == PageOrder.Max ? ref _maxBlocks[pfn >> PageOrder.Max].Next : ref _memMap[pfn].Next;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref uint Prev(uint pfn, int order) => ref order == PageOrder.Max ? ref _maxBlocks[pfn >> PageOrder.Max].Prev : ref _memMap[pfn].Prev;

    /// <summary>Puts a block into a free list: at the head, from where it is taken next, or at the tail.</summary>
    private void AddToFreeList(ref Zone zone, uint pfn, int order, MigrateType type, bool toTail)
    {
        ref FreeArea area = ref zone.FreeArea[order];
        ref PageList list = ref area.Lists[(int)type];
        if (order == PageOrder.Max)
        {
            ref MaxBlock block = ref _maxBlocks[pfn >> PageOrder.Max];
            block.IsFree = true;
            block.Type = type;
        }
        else
        {
            ref PageFrame frame = ref _memMap[pfn];
            frame.Flags |= PageFlags.Buddy;
            frame.Index = (uint)order | ((uint)type << TypeShift);
        }

        if (toTail)
        {
            Prev(pfn, order) = list.Last;
            Next(pfn, order) = 0;
            (list.Last != 0 ? ref Next(list.Last, order) : ref list.First) = pfn;
            list.Last = pfn;
        }
        else
        {
            Prev(pfn, order) = 0;
            Next(pfn, order) = list.First;
            (list.First != 0 ? ref Prev(list.First, order) : ref list.Last) = pfn;
            list.First = pfn;
        }

        area.NrFree++;
        if (type == MigrateType.HighAtomic)
            zone.NrFreeHighatomic += 1L << order;
    }

    private void RemoveFromFreeList(ref Zone zone, uint pfn, int order)
    {
        MigrateType type = ListType(pfn, order);
        ref FreeArea area = ref zone.FreeArea[order];
        ref PageList list = ref area.Lists[(int)type];
        uint next = Next(pfn, order);
        uint prev = Prev(pfn, order);
        (prev != 0 ? ref Next(prev, order) : ref list.First) = next;
        (next != 0 ? ref Prev(next, order) : ref list.Last) = prev;
        if (order == PageOrder.Max)
        {
            _maxBlocks[pfn >> PageOrder.Max].IsFree = false;
        }
        else
        {
            ref PageFrame frame = ref _memMap[pfn];
            frame.Flags &= ~PageFlags.Buddy;
            frame.Index = 0;
            frame.Next = 0;
            frame.Prev = 0;
        }

        area.NrFree--;
        if (type == MigrateType.HighAtomic)
            zone.NrFreeHighatomic -= 1L << order;
    }

    /// <summary>move_to_free_list: to the tail of another type's list.</summary>
    private void MoveToFreeList(ref Zone zone, uint pfn, int order, MigrateType type)
    {
        RemoveFromFreeList(ref zone, pfn, order);
        AddToFreeList(ref zone, pfn, order, type, toTail: true);
    }

    /// <summary>
    /// Gives a block back, merging it with its buddy as long as that is free too (__free_one_page). A block whose next
    /// larger buddy is free is likely to merge soon, so it goes to the tail, where it stays longest.
    /// </summary>
    private void FreeOnePage(ref Zone zone, uint pfn, int order, MigrateType type, bool toTail = false)
    {
        zone.FreePages += 1L << order;
        while (order < PageOrder.Max)
        {
            uint buddy = pfn ^ (1u << order);
            if (!Contains(zone, buddy))
                break;
            ref PageFrame frame = ref _memMap[buddy];
            if ((frame.Flags & PageFlags.Buddy) == 0 || (frame.Index & 0xff) != (uint)order)
                break;
            if (order >= PageOrder.Pageblock)
            {
                MigrateType other = PageblockType(buddy);
                if (other != type)
                {
                    if (!type.IsMergeable() || !other.IsMergeable())
                        break;
                    if (_claimsBlocks)
                        SetPageblockType(buddy, type);
                }
            }

            UnlinkBuddy(ref zone, ref frame, order);
            pfn &= buddy;
            order++;
        }

        AddToFreeList(ref zone, pfn, order, type, toTail || MergeLikely(zone, pfn, order));
    }

    /// <summary>RemoveFromFreeList for a block below the largest order, whose first frame is at hand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void UnlinkBuddy(ref Zone zone, ref PageFrame frame, int order)
    {
        var type = (MigrateType)(frame.Index >> TypeShift);
        ref FreeArea area = ref zone.FreeArea[order];
        ref PageList list = ref area.Lists[(int)type];
        uint next = frame.Next;
        uint prev = frame.Prev;
        (prev != 0 ? ref _memMap[prev].Next : ref list.First) = next;
        (next != 0 ? ref _memMap[next].Prev : ref list.Last) = prev;
        frame.Flags &= ~PageFlags.Buddy;
        frame.Index = 0;
        frame.Next = 0;
        frame.Prev = 0;
        area.NrFree--;
        if (type == MigrateType.HighAtomic)
            zone.NrFreeHighatomic -= 1L << order;
    }

    /// <summary>buddy_merge_likely: whether the block that this one and its buddy would make has a free buddy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool MergeLikely(in Zone zone, uint pfn, int order)
    {
        if (order >= PageOrder.Max - 1)
            return false;
        uint higher = pfn & ~(1u << order);
        uint buddy = higher ^ (2u << order);
        return Contains(zone, buddy) && IsFreeBlock(buddy, order + 1);
    }

    /// <summary>Takes the smallest sufficient block of a type and splits it (__rmqueue_smallest); 0: none.</summary>
    private uint RmqueueSmallest(ref Zone zone, int order, MigrateType type)
    {
        for (int current = order; current <= PageOrder.Max; current++)
        {
            uint pfn = zone.FreeArea[current].Lists[(int)type].First;
            if (pfn == 0)
                continue;
            RemoveFromFreeList(ref zone, pfn, current);
            Expand(ref zone, pfn, order, current, type);
            zone.FreePages -= 1L << order;
            Tracepoints?.MmPageAllocZoneLocked(pfn, order, type, PcpAllowed(order) && (int)type < MigrateTypes.PcpCount);
            return pfn;
        }

        return 0;
    }

    /// <summary>Splits a block that is in no list, keeping its first 2^<paramref name="low"/> frames; the rest goes to the heads of the lists (expand).</summary>
    private void Expand(ref Zone zone, uint pfn, int low, int high, MigrateType type)
    {
        if (type == MigrateType.HighAtomic)
            zone.NrFreeHighatomic += (1L << high) - (1L << low);
        while (high > low)
        {
            // AddToFreeList at the head, for an order below the largest.
            high--;
            uint upper = pfn + (1u << high);
            ref FreeArea area = ref zone.FreeArea[high];
            ref PageList list = ref area.Lists[(int)type];
            ref PageFrame frame = ref _memMap[upper];
            uint first = list.First;
            frame.Flags |= PageFlags.Buddy;
            frame.Index = (uint)high | ((uint)type << TypeShift);
            frame.Prev = 0;
            frame.Next = first;
            (first != 0 ? ref _memMap[first].Prev : ref list.Last) = upper;
            list.First = upper;
            area.NrFree++;
        }
    }

    private void SetPageblockType(uint pfn, MigrateType type) => _pageblocks[pfn >> PageOrder.Pageblock] = type;
}
