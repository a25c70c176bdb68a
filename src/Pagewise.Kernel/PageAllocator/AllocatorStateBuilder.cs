namespace Pagewise.Kernel.PageAllocator;

/// <summary>
/// Places the free blocks that a snapshot counts. Where they were is not known; here the largest stand at the top of
/// the zone, as after boot, and smaller ones below, each beside frames in use, so that none can merge. The lists are
/// ascending. Pages of per-CPU lists are taken to be unmovable where such have room, for the reader of the snapshot has
/// just caused them; they may stand anywhere, since nothing merges with them.
/// </summary>
public sealed class AllocatorStateBuilder
{
    private const int Pool = MigrateTypes.Count;

    private readonly List<FreeBlock> _free = [];
    private readonly List<PcpBlock> _held = [];
    private readonly List<(PfnRange Range, MigrateType Type)> _pageblocks = [];

    /// <summary>Aligned stretches without a free block, first frames by owner (a migrate type, or none yet) and order; the last is used next.</summary>
    private readonly List<uint>[,] _whole = new List<uint>[Pool + 1, PageOrder.Count];

    /// <summary>The same, whose buddy is free: they may not be free as a whole.</summary>
    private readonly List<uint>[,] _parts = new List<uint>[Pool + 1, PageOrder.Count];

    private AllocatorStateBuilder()
    {
        for (int owner = 0; owner <= Pool; owner++)
        {
            for (int order = 0; order <= PageOrder.Max; order++)
                (_whole[owner, order], _parts[owner, order]) = ([], []);
        }
    }

    /// <summary>Makes a state with these counts.</summary>
    /// <param name="layout">Where the zones' managed frames lie.</param>
    /// <param name="counts">What is free, a zone each; a zone that is missing is all in use.</param>
    /// <exception cref="ArgumentException">More is free than the zone can have.</exception>
    public static AllocatorState Build(MemoryLayout layout, IReadOnlyList<ZoneFreeCounts> counts)
    {
        var free = new List<FreeBlock>();
        var held = new List<PcpBlock>();
        var pageblocks = new List<(PfnRange Range, MigrateType Type)>();
        foreach (ZoneSpec zone in layout.Zones())
        {
            foreach (ZoneFreeCounts one in counts)
            {
                if (one.Node != zone.Node || one.Type != zone.Type)
                    continue;
                var builder = new AllocatorStateBuilder();
                builder.Place(layout, zone, one);
                free.AddRange(builder._free);
                held.AddRange(builder._held);
                pageblocks.AddRange(builder._pageblocks);
            }
        }

        return new AllocatorState
        {
            FreeBlocks = [.. free.OrderBy(block => block.Pfn)],
            PcpBlocks = held,
            Pageblocks = pageblocks,
        };
    }

    private void Place(MemoryLayout layout, ZoneSpec zone, ZoneFreeCounts counts)
    {
        foreach (PfnRange range in layout.ManagedRanges(zone))
            AddRange(range);
        for (int order = PageOrder.Max; order >= 0; order--)
        {
            for (int type = 0; type < MigrateTypes.Count; type++)
            {
                long blocks = type < counts.FreeBlocks.Count ? counts.FreeBlocks[type][order] : 0;
                for (; blocks > 0; blocks--)
                {
                    uint pfn = Take(type, order);
                    if (pfn == 0)
                        throw new ArgumentException($"zone {zone.Type.Name()} of node {zone.Node} has no place for {blocks} more free blocks of order {order}, {((MigrateType)type).Name()}", nameof(counts));
                    _free.Add(new FreeBlock(pfn, order, (MigrateType)type));
                }
            }
        }

        for (int cpu = 0; cpu < counts.PcpCounts.Count; cpu++)
        {
            for (int page = 0; page < counts.PcpCounts[cpu]; page++)
            {
                (uint pfn, MigrateType type) = TakeAnywhere();
                if (pfn == 0)
                    throw new ArgumentException($"zone {zone.Type.Name()} of node {zone.Node} has no place for the pages of CPU {cpu}", nameof(counts));
                _held.Add(new PcpBlock(cpu, new FreeBlock(pfn, 0, type)));
            }
        }

        AssignRest(counts);
    }

    /// <summary>The largest aligned stretches of a range. Their buddies are not free, so they may be free as a whole.</summary>
    private void AddRange(PfnRange range)
    {
        for (uint pfn = range.Start; pfn < range.End;)
        {
            int order = Math.Min(PageOrder.Max, int.TrailingZeroCount((int)pfn));
            while (pfn + (1u << order) > range.End)
                order--;
            _whole[Pool, order].Add(pfn);
            pfn += 1u << order;
        }
    }

    /// <summary>
    /// The place of a free block: in the smallest stretch that is the type's or nobody's, else in another type's pageblock,
    /// as blocks that were stolen; 0: there is none.
    /// </summary>
    private uint Take(int type, int order)
    {
        ReadOnlySpan<int> fitting = [type, Pool];
        ReadOnlySpan<int> others = [(int)MigrateType.Movable, (int)MigrateType.Reclaimable, (int)MigrateType.Unmovable, (int)MigrateType.HighAtomic];
        uint pfn = Take(fitting, type, order, mayAdjoin: false, out _);
        return pfn != 0 ? pfn : Take(others, type, order, mayAdjoin: false, out _);
    }

    /// <summary>The place of a page that the buddy system has handed out.</summary>
    private (uint Pfn, MigrateType Type) TakeAnywhere()
    {
        const int unmovable = (int)MigrateType.Unmovable;
        ReadOnlySpan<int> owners = [unmovable, Pool, (int)MigrateType.Movable, (int)MigrateType.Reclaimable];
        uint pfn = Take(owners[..1], unmovable, 0, mayAdjoin: true, out int owner);
        if (pfn == 0)
            pfn = Take(owners, unmovable, 0, mayAdjoin: true, out owner);
        return (pfn, owner == Pool ? MigrateType.Unmovable : (MigrateType)owner);
    }

    private uint Take(ReadOnlySpan<int> owners, int type, int order, bool mayAdjoin, out int owner)
    {
        for (int size = order; size <= PageOrder.Max; size++)
        {
            foreach (int one in owners)
            {
                // What cannot be free as a whole is used up first.
                List<uint> stretches = _parts[one, size].Count > 0 && (mayAdjoin || size > order) ? _parts[one, size] : _whole[one, size];
                if (stretches.Count == 0)
                    continue;
                uint start = stretches[^1];
                stretches.RemoveAt(stretches.Count - 1);
                owner = one;
                return Carve(start, size, type, one, order);
            }
        }

        owner = Pool;
        return 0;
    }

    /// <summary>Takes the top of a stretch; what is below stays, in parts.</summary>
    private uint Carve(uint start, int size, int type, int owner, int order)
    {
        uint pfn = start + (1u << size) - (1u << order);
        for (int part = size - 1; part >= order; part--)
        {
            uint below = start + (1u << size) - (2u << part);
            // What is left of a larger block is nobody's; what is left of a pageblock is its type's.
            int heir = part >= PageOrder.Pageblock ? Pool : owner == Pool ? type : owner;
            (part == order ? _parts : _whole)[heir, part].Add(below);
        }

        if (owner == Pool && type != (int)MigrateType.Movable)
        {
            uint first = pfn & ~(PageOrder.PageblockPages - 1);
            _pageblocks.Add((new PfnRange(first, Math.Max(first + PageOrder.PageblockPages, pfn + (1u << order))), (MigrateType)type));
        }

        return pfn;
    }

    /// <summary>Pageblocks in use get types until their numbers are as counted.</summary>
    private void AssignRest(ZoneFreeCounts counts)
    {
        for (int type = 0; type < Math.Min(counts.Pageblocks.Count, MigrateTypes.Count); type++)
        {
            if (type == (int)MigrateType.Movable)
                continue;
            long missing = counts.Pageblocks[type] - _pageblocks.Where(block => block.Type == (MigrateType)type).Sum(block => block.Range.Count >> PageOrder.Pageblock);
            for (int order = PageOrder.Pageblock; order <= PageOrder.Max; order++)
            {
                foreach (List<uint> unused in (ReadOnlySpan<List<uint>>)[_whole[Pool, order], _parts[Pool, order]])
                {
                    int used = 0;
                    for (; missing > 0 && used < unused.Count; used++, missing -= 1 << (order - PageOrder.Pageblock))
                        _pageblocks.Add((new PfnRange(unused[used], unused[used] + (1u << order)), (MigrateType)type));
                    unused.RemoveRange(0, used);
                }
            }
        }
    }
}
