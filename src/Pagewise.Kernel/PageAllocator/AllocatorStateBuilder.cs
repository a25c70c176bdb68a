namespace Pagewise.Kernel.PageAllocator;

/// <summary>
/// Places the free blocks that a snapshot counts. Where they were is not known; here the largest stand at the top of
/// the zone, as after boot, and smaller ones below, each beside frames in use, so that none can merge. The lists are
/// ascending. Pages of per-CPU lists are taken to be unmovable: the reader of the snapshot has just caused them.
/// </summary>
public sealed class AllocatorStateBuilder
{
    private const int Pool = MigrateTypes.Count;

    private readonly List<FreeBlock> _free = [];
    private readonly List<PcpBlock> _held = [];
    private readonly List<(PfnRange Range, MigrateType Type)> _pageblocks = [];

    /// <summary>Aligned stretches without a free block, by owner (a migrate type, or none yet) and order; the last is used next.</summary>
    private readonly List<Region>[,] _regions = new List<Region>[Pool + 1, PageOrder.Count];

    private AllocatorStateBuilder()
    {
        for (int owner = 0; owner <= Pool; owner++)
        {
            for (int order = 0; order <= PageOrder.Max; order++)
                _regions[owner, order] = [];
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
                uint pfn = Take((int)MigrateType.Unmovable, 0);
                if (pfn == 0)
                    throw new ArgumentException($"zone {zone.Type.Name()} of node {zone.Node} has no place for the pages of CPU {cpu}", nameof(counts));
                _held.Add(new PcpBlock(cpu, new FreeBlock(pfn, 0, MigrateType.Unmovable)));
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
            _regions[Pool, order].Add(new Region(pfn, MayBeWhole: true));
            pfn += 1u << order;
        }
    }

    /// <summary>The place of a free block: in the smallest stretch that is the type's or nobody's; 0: there is none.</summary>
    private uint Take(int type, int order)
    {
        for (int size = order; size <= PageOrder.Max; size++)
        {
            foreach (int owner in (ReadOnlySpan<int>)[type, Pool])
            {
                List<Region> regions = _regions[owner, size];
                if (regions.Count == 0)
                    continue;
                int last = regions.Count - 1;
                if (size == order && !regions[last].MayBeWhole)
                    continue;
                Region region = regions[last];
                regions.RemoveAt(last);
                return Carve(region, size, type, owner, order);
            }
        }

        return 0;
    }

    /// <summary>Takes the top of a stretch; what is below stays, in parts that may no longer be free as a whole.</summary>
    private uint Carve(Region region, int size, int type, int owner, int order)
    {
        uint pfn = region.Pfn + (1u << size) - (1u << order);
        for (int part = size - 1; part >= order; part--)
        {
            uint below = region.Pfn + (1u << size) - (2u << part);
            // What is left of a larger block is nobody's; what is left of a pageblock is its type's.
            _regions[part >= PageOrder.Pageblock ? Pool : type, part].Add(new Region(below, MayBeWhole: false));
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
                List<Region> regions = _regions[Pool, order];
                for (; missing > 0 && regions.Count > 0; missing -= 1 << (order - PageOrder.Pageblock))
                {
                    uint pfn = regions[0].Pfn;
                    regions.RemoveAt(0);
                    _pageblocks.Add((new PfnRange(pfn, pfn + (1u << order)), (MigrateType)type));
                }
            }
        }
    }

    /// <summary>An aligned stretch of frames in use.</summary>
    private readonly record struct Region(uint Pfn, bool MayBeWhole);
}
