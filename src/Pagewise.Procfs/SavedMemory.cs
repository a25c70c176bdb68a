using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Procfs;

/// <summary>Physical memory as a saved zoneinfo and pagetypeinfo describe it.</summary>
public static class SavedMemory
{
    /// <summary>The populated zones.</summary>
    /// <exception cref="ProcfsException">A zone's name or size is no zone's.</exception>
    public static IReadOnlyList<ZoneSpec> Zones(Zoneinfo info)
    {
        var zones = new List<ZoneSpec>();
        foreach (ZoneinfoZone zone in info.Zones)
        {
            if (zone.StartPfn is not { } start)
                continue;
            if (zone.Node is < 0 or >= ZoneTable.MaxNodes || zone.Spanned < 0 || zone.Present < 0 || zone.Managed < 0)
                throw new ProcfsException(Zoneinfo.FileName, 1, 1, $"zone {zone.Name} of node {zone.Node} has a number that is out of range");
            zones.Add(new ZoneSpec(zone.Node, TypeOf(zone), start, (ulong)zone.Spanned, (ulong)zone.Present, (ulong)zone.Managed));
        }

        return zones;
    }

    /// <summary>The nodes. Zoneinfo shows every CPU at every zone, not whose it is: they are dealt in turn.</summary>
    public static IReadOnlyList<NodeSpec> Nodes(Zoneinfo info) =>
        MemoryLayout.DealNodes(info.Zones.Max(zone => zone.Node) + 1, Cpus(info));

    /// <summary>The number of CPUs.</summary>
    public static int Cpus(Zoneinfo info) => Math.Max(1, info.Zones.Max(zone => zone.Pagesets.Count));

    /// <summary>Zones, marks and free blocks: what a machine begins with. Where blocks stood is not saved; see <see cref="AllocatorStateBuilder"/>.</summary>
    /// <param name="info">The zones.</param>
    /// <param name="types">The free blocks; null: each zone's free pages are its last ones, in movable blocks as large as can be.</param>
    /// <exception cref="ProcfsException">The files are not of one machine, or their numbers cannot be.</exception>
    public static MemorySnapshot Snapshot(Zoneinfo info, Pagetypeinfo? types)
    {
        try
        {
            MemoryLayout layout = MemoryLayout.FromZones(Zones(info), Nodes(info));
            return new MemorySnapshot(layout, AllocatorStateBuilder.Build(layout, types is null ? FreeCounts(info, layout) : FreeCounts(info, types))) { Marks = Marks(info) };
        }
        catch (ArgumentException exception)
        {
            throw new ProcfsException(Zoneinfo.FileName, 1, 1, exception.Message.ReplaceLineEndings(" "));
        }
    }

    private static List<BootMarks> Marks(Zoneinfo info) =>
    [
        .. from zone in info.Zones
            where zone.StartPfn is not null && zone.Pagesets.Count > 0
            let set = zone.Pagesets[0]
            select new BootMarks(zone.Node, TypeOf(zone), zone.Min, zone.Low, zone.High, set.Batch, set.HighMin ?? set.High),
    ];

    private static List<ZoneFreeCounts> FreeCounts(Zoneinfo info, Pagetypeinfo types)
    {
        var counts = new List<ZoneFreeCounts>();
        foreach (ZoneinfoZone zone in info.Zones)
        {
            if (zone.StartPfn is null)
                continue;
            PagetypeinfoZone free = types.Zones.FirstOrDefault(one => one.Node == zone.Node && one.Name == zone.Name)
                ?? throw new ProcfsException(Pagetypeinfo.FileName, 1, 1, $"zone {zone.Name} of node {zone.Node} is missing, which {Zoneinfo.FileName} has");
            if (free.Types.Any(type => type.FreeBlocks.Count != PageOrder.Count))
                throw new ProcfsException(Pagetypeinfo.FileName, 1, 1, $"expected {PageOrder.Count} orders");
            counts.Add(new ZoneFreeCounts(zone.Node, TypeOf(zone))
            {
                FreeBlocks = [.. Types(free).Select(type => type?.FreeBlocks ?? new long[PageOrder.Count])],
                Pageblocks = [.. Types(free).Select(type => type?.Blocks ?? 0)],
                PcpCounts = [.. zone.Pagesets.Select(set => set.Count)],
            });
        }

        return counts;
    }

    private static List<ZoneFreeCounts> FreeCounts(Zoneinfo info, MemoryLayout layout)
    {
        var counts = new List<ZoneFreeCounts>();
        foreach (ZoneSpec spec in layout.Zones())
        {
            ZoneinfoZone zone = info.Zones.First(one => one.Node == spec.Node && one.Name == spec.Type.Name());
            long[] movable = new long[PageOrder.Count];
            long left = zone.Free;
            foreach (PfnRange range in layout.ManagedRanges(spec).Reverse())
            {
                for (uint end = range.End; end > range.Start && left > 0;)
                {
                    int order = Math.Min(PageOrder.Max, int.TrailingZeroCount((int)end));
                    while (1L << order > left || end - range.Start < 1u << order)
                        order--;
                    movable[order]++;
                    left -= 1L << order;
                    end -= 1u << order;
                }
            }

            long[][] blocks = [.. Enumerable.Range(0, MigrateTypes.Count).Select(type => type == (int)MigrateType.Movable ? movable : new long[PageOrder.Count])];
            counts.Add(new ZoneFreeCounts(spec.Node, spec.Type) { FreeBlocks = blocks, PcpCounts = [.. zone.Pagesets.Select(set => set.Count)] });
        }

        return counts;
    }

    /// <summary>The file's types in the order of <see cref="MigrateType"/>; kernels with CMA have one more, whose blocks count as in use.</summary>
    private static IEnumerable<PagetypeinfoType?> Types(PagetypeinfoZone zone) =>
        from type in Enumerable.Range(0, MigrateTypes.Count)
        select zone.Types.FirstOrDefault(one => one.Name == ((MigrateType)type).Name());

    private static ZoneType TypeOf(ZoneinfoZone zone) => ZoneTypes.TryParse(zone.Name, out ZoneType type)
        ? type
        : throw new ProcfsException(Zoneinfo.FileName, 1, 1, $"zone {zone.Name} is unknown");
}
