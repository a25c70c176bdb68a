using Pagewise.Kernel.Frames;

namespace Pagewise.Kernel.PageAllocator;

/// <content>Beginning in the middle: with frames in use already, as an experiment's snapshot or a captured host states.</content>
public sealed partial class BuddyAllocator
{
    private bool _takesUsedFrames;
    private uint _nextUsed;
    private int _usedRange;
    private uint _nextUsedBlock;
    private uint _returned;

    /// <summary>Begins with a state.</summary>
    /// <param name="zones">The zones.</param>
    /// <param name="layout">Where the zones' managed frames lie.</param>
    /// <param name="memMap">The frames.</param>
    /// <param name="stat">Counters.</param>
    /// <param name="state">What is free.</param>
    /// <exception cref="ArgumentException">The state has a block that is not managed, misaligned, or in it twice.</exception>
    public BuddyAllocator(ZoneTable zones, MemoryLayout layout, MemMap memMap, VmStat stat, AllocatorState state)
        : this(zones, layout, memMap, stat)
    {
        for (int index = 0; index < zones.ZoneCount; index++)
        {
            ref Zone zone = ref zones[index];
            zone.FreePages = 0;
            zone.FreeArea = default;
        }

        foreach (PfnRange range in _managed)
        {
            for (uint block = range.Start >> PageOrder.Max; block <= (range.End - 1) >> PageOrder.Max; block++)
                _maxBlocks[block].IsFree = false;
            for (uint pfn = range.Start; pfn < range.End; pfn++)
                _memMap[pfn] = new PageFrame { Flags = PageFlags.Allocated, RefCount = 1 };
        }

        foreach ((PfnRange range, MigrateType type) in state.Pageblocks)
        {
            for (uint pfn = range.Start; pfn < range.End; pfn += PageOrder.PageblockPages)
                SetPageblockType(pfn, type);
        }

        foreach (FreeBlock block in state.FreeBlocks)
        {
            ref Zone zone = ref _zones[Claim(block)];
            zone.FreePages += 1L << block.Order;
            AddToFreeList(ref zone, block.Pfn, block.Order, block.Type, toTail: true);
        }

        foreach (PcpBlock held in state.PcpBlocks)
            HoldBlock(held);
    }

    /// <summary>
    /// While it is set, allocations return frames that were in use from the start and count nothing, and what is given
    /// back is in use by nobody who is modelled again: whoever rebuilds the tasks of a snapshot gives them pages that are
    /// missing from the free lists already. Blocks of which the used frames have none left are taken from the free lists.
    /// </summary>
    public bool TakesUsedFrames
    {
        get => _takesUsedFrames;
        set
        {
            _takesUsedFrames = value;
            ChooseWay();
        }
    }

    /// <summary>Counts a zone's free blocks by type and order, its pageblocks by type, and its pages in per-CPU lists.</summary>
    /// <param name="zone">The zone, an index into <see cref="Zones"/>.</param>
    public ZoneFreeCounts FreeCounts(int zone)
    {
        ref Zone one = ref _zones[zone];
        long[][] blocks = new long[MigrateTypes.Count][];
        for (int type = 0; type < MigrateTypes.Count; type++)
        {
            blocks[type] = new long[PageOrder.Count];
            for (int order = 0; order <= PageOrder.Max; order++)
            {
                for (uint pfn = one.FreeArea[order].Lists[type].First; pfn != 0; pfn = Next(pfn, order))
                    blocks[type][order]++;
            }
        }

        // As the kernel does, a pageblock counts for the zone that its first frame is in.
        long[] pageblocks = new long[MigrateTypes.Count];
        for (uint pfn = one.StartPfn & ~(PageOrder.PageblockPages - 1); pfn < one.EndPfn; pfn += PageOrder.PageblockPages)
            pageblocks[(int)PageblockType(pfn)]++;
        int[] held = new int[_zones.CpuCount];
        for (int cpu = 0; cpu < held.Length; cpu++)
            held[cpu] = _zones.PageSet(zone, cpu).Count;
        return new ZoneFreeCounts(one.Node, one.Type) { FreeBlocks = blocks, Pageblocks = pageblocks, PcpCounts = held };
    }

    /// <summary>Marks a block's frames as free; its zone.</summary>
    private int Claim(FreeBlock block)
    {
        uint count = 1u << block.Order;
        if ((uint)block.Order > PageOrder.Max || (block.Pfn & (count - 1)) != 0)
            throw new ArgumentException($"free block 0x{block.Pfn:x} of order {block.Order} is misaligned");
        for (uint pfn = block.Pfn; pfn < block.Pfn + count; pfn++)
        {
            if (pfn >= _memMap.Count || (_memMap[pfn].Flags & PageFlags.Allocated) == 0)
                throw new ArgumentException($"free block 0x{block.Pfn:x} of order {block.Order}: frame 0x{pfn:x} is not managed, or free twice");
            _memMap[pfn] = default;
        }

        return ZoneOf(block.Pfn);
    }

    private void HoldBlock(PcpBlock held)
    {
        (uint pfn, int order, MigrateType type) = held.Block;
        ref PerCpuPages pcp = ref _zones.PageSet(Claim(held.Block), held.Cpu);
        ref PageList list = ref pcp.Lists[Pindex(type, order)];
        ref PageFrame frame = ref _memMap[pfn];
        frame.Index = (uint)type;
        frame.Prev = list.Last;
        (list.Last != 0 ? ref _memMap[list.Last].Next : ref list.First) = pfn;
        list.Last = pfn;
        pcp.Count += 1 << order;
    }

    private uint TakeUsed(Gfp gfp, int order)
    {
        if (order == 0)
            return TakeUsedFrame(gfp);
        uint pfn = FindUsedBlock(order);
        if (pfn == 0)
            return AllocPagesNode(gfp, order, _node, AllNodes);
        for (uint i = pfn; i < pfn + (1u << order); i++)
            _memMap[i].RefCount = 0;
        PrepareNewPage(pfn, order, gfp);
        return pfn;
    }

    /// <summary>The next aligned block whose frames are all in use by nobody who is modelled; 0: none.</summary>
    private uint FindUsedBlock(int order)
    {
        uint count = 1u << order;
        foreach (PfnRange range in _managed)
        {
            uint first = (Math.Max(_nextUsedBlock, range.Start) + count - 1) & ~(count - 1);
            for (uint pfn = first; pfn + count <= range.End; pfn += count)
            {
                uint end = pfn;
                while (end < pfn + count && IsUsedByNobody(in _memMap[end]))
                    end++;
                if (end < pfn + count)
                    continue;
                _nextUsedBlock = end;
                return pfn;
            }
        }

        return 0;
    }

    private static bool IsUsedByNobody(in PageFrame frame) =>
        (frame.Flags & ~PageFlags.HasData) == PageFlags.Allocated && frame.RefCount == 1 && frame.Next == 0;

    private void ReturnUsed(uint pfn, int order)
    {
        for (uint i = pfn; i < pfn + (1u << order); i++)
        {
            PrepareFree(i);
            ref PageFrame frame = ref _memMap[i];
            frame.Flags |= PageFlags.Allocated;
            frame.RefCount = 1;
            frame.Next = _returned;
            _returned = i;
        }
    }

    /// <summary>The next frame, ascending from the end of memory's lowest range, that is in use by nobody who is modelled; 0: all are taken.</summary>
    private uint TakeUsedFrame(Gfp gfp)
    {
        if (_returned != 0)
        {
            uint last = _returned;
            _returned = _memMap[last].Next;
            PrepareNewPage(last, 0, gfp);
            return last;
        }

        while (_usedRange < _managed.Length)
        {
            PfnRange range = _managed[_usedRange];
            for (uint pfn = Math.Max(_nextUsed, range.Start); pfn < range.End; pfn++)
            {
                if (!IsUsedByNobody(in _memMap[pfn]))
                    continue;
                _nextUsed = pfn + 1;
                PrepareNewPage(pfn, 0, gfp);
                return pfn;
            }

            _usedRange++;
            _nextUsed = 0;
        }

        return 0;
    }
}
