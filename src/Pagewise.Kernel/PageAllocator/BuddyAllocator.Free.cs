using System.Runtime.CompilerServices;
using Pagewise.Kernel.Frames;

namespace Pagewise.Kernel.PageAllocator;

/// <content>The way back: __free_pages and free_unref_page_list.</content>
public sealed partial class BuddyAllocator
{
    /// <summary>Gives frames back whose last reference is gone (__free_pages).</summary>
    /// <param name="pfn">The first frame.</param>
    /// <param name="order">The order they were taken with, or less, piece by piece.</param>
    /// <exception cref="InvalidOperationException">A frame of the block is free already, or no such block can exist: a bug of the caller.</exception>
    public void FreePages(uint pfn, int order)
    {
        if ((uint)order > PageOrder.Max || (pfn & ((1u << order) - 1)) != 0)
            throw new InvalidOperationException($"frame {pfn:x} cannot begin a block of order {order}");
        if (_takesUsedFrames)
        {
            ReturnUsed(pfn, order);
            return;
        }

        MmPageFree(pfn, order);
        int index = ZoneOf(pfn);
        ref Zone zone = ref _zoneArray[index];
        MigrateType type = PageblockType(pfn);
        _stat.PgFree += 1L << order;
        if (PcpAllowed(order) && type != MigrateType.Isolate)
            FreeUnrefPageCommit(index, ref zone, pfn, order, type);
        else
            FreeOnePage(ref zone, pfn, order, type);
    }

    /// <summary>
    /// Gives single frames back together, as the unmapping of a range and reclaim do (free_unref_page_list, until
    /// 6.8). Linux builds the list from the front, so what was released last comes first.
    /// </summary>
    /// <param name="pfns">The frames, in the order of the list.</param>
    public void FreePagesList(ReadOnlySpan<uint> pfns)
    {
        if (_takesUsedFrames)
        {
            foreach (uint pfn in pfns)
                ReturnUsed(pfn, 0);
            return;
        }

        foreach (uint pfn in pfns)
            MmPageFree(pfn, 0);
        _stat.PgFree += pfns.Length;
        foreach (uint pfn in pfns)
        {
            int index = ZoneOf(pfn);
            MigrateType type = PageblockType(pfn);
            if (type == MigrateType.Isolate)
            {
                FreeOnePage(ref _zoneArray[index], pfn, 0, type);
                continue;
            }

            Tracepoints?.MmPageFreeBatched(pfn);
            FreeUnrefPageCommit(index, ref _zoneArray[index], pfn, 0, type);
        }
    }

    /// <summary>
    /// Gives folios back together, as since 6.9 whoever drops the last references of several does (free_unref_folios).
    /// </summary>
    /// <param name="heads">Single frames, and first frames of huge pages; at most 31 (PAGEVEC_SIZE).</param>
    public void FreeFolios(ReadOnlySpan<uint> heads)
    {
        Span<byte> orders = stackalloc byte[31];
        for (int i = 0; i < heads.Length; i++)
        {
            int order = (_memMap[heads[i]].Flags & PageFlags.Head) != 0 ? HugePage.Order : 0;
            orders[i] = (byte)order;
            MmPageFree(heads[i], order);
            _stat.PgFree += 1L << order;
        }

        for (int i = 0; i < heads.Length; i++)
        {
            uint pfn = heads[i];
            int index = ZoneOf(pfn);
            MigrateType type = PageblockType(pfn);
            if (type == MigrateType.Isolate)
            {
                FreeOnePage(ref _zoneArray[index], pfn, orders[i], type);
                continue;
            }

            Tracepoints?.MmPageFreeBatched(pfn);
            FreeUnrefPageCommit(index, ref _zoneArray[index], pfn, orders[i], type);
        }
    }

    /// <summary>free_pages_prepare: a frame that nobody has is all zero but for the mark that its bytes may not be.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MmPageFree(uint pfn, int order)
    {
        Tracepoints?.MmPageFree(pfn, order);
        if (_memMap[pfn].Memcg != 0)
            Charges?.Uncharge(pfn, 1L << order);
        PrepareFree(pfn);
        uint end = pfn + (1u << order);
        for (uint i = pfn + 1; i < end; i++)
            PrepareFree(i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PrepareFree(uint pfn)
    {
        ref PageFrame frame = ref _memMap[pfn];
        PageFlags flags = frame.Flags;
        if ((flags & PageFlags.Allocated) == 0)
            ThrowNotAllocated(pfn, flags);
        frame = default;
        frame.Flags = flags & PageFlags.HasData;
    }

    private static void ThrowNotAllocated(uint pfn, PageFlags flags) =>
        throw new InvalidOperationException($"frame {pfn:x} is given back but was not handed out: {flags}");
}
