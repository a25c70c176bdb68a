namespace Pagewise.Kernel.PageAllocator;

/// <summary>
/// Where a machine's RAM lies and who has it at boot: nodes, regions with the holes between them, reserved ranges, and
/// the zones that follow from them. What memblock knows in Linux (mm/memblock.c, free_area_init in mm/mm_init.c).
/// </summary>
public sealed record MemoryLayout
{
    /// <summary>The least RAM that <see cref="I440fx"/> lays out, in bytes: 16 MiB; of less, holes and struct pages would take too large a part.</summary>
    public const ulong LeastPcBytes = 16UL << 20;

    /// <summary>The most RAM, in bytes: 16 TiB less the 1 GiB hole, what 32-bit frame numbers reach.</summary>
    public const ulong MostBytes = (1UL << 44) - (1UL << 30) - (1UL << 22);

    /// <summary>Frames of conventional memory, 4 KiB to 636 KiB; all of it is reserved on x86 (reserve_real_mode).</summary>
    private static readonly PfnRange Conventional = new(1, 0x9f);

    private readonly IReadOnlyList<ZoneSpec>? _zones;

    /// <summary>States a layout.</summary>
    /// <param name="nodes">The nodes, by number.</param>
    /// <param name="regions">The RAM, ascending, without overlaps.</param>
    /// <param name="reserved">Frames that boot keeps for itself, anywhere in the RAM.</param>
    /// <exception cref="ArgumentException">A region is empty, out of order, or of an unknown node.</exception>
    public MemoryLayout(IReadOnlyList<NodeSpec> nodes, IReadOnlyList<MemoryRegion> regions, IReadOnlyList<PfnRange> reserved)
    {
        Nodes = nodes;
        Regions = regions;
        Reserved = reserved;
        uint end = 0;
        foreach (MemoryRegion region in regions)
        {
            if (region.Range.Count == 0 || region.Range.Start < end)
                throw new ArgumentException($"memory region {region.Range} is empty or not after the one before it", nameof(regions));
            if ((uint)region.Node >= (uint)nodes.Count)
                throw new ArgumentException($"memory region {region.Range} names node {region.Node}; there are {nodes.Count}", nameof(regions));
            end = region.Range.End;
        }
    }

    private MemoryLayout(IReadOnlyList<NodeSpec> nodes, IReadOnlyList<MemoryRegion> regions, IReadOnlyList<PfnRange> reserved, IReadOnlyList<ZoneSpec> zones)
        : this(nodes, regions, reserved) => _zones = zones;

    /// <summary>The nodes, by number.</summary>
    public IReadOnlyList<NodeSpec> Nodes { get; }

    /// <summary>The RAM, ascending.</summary>
    public IReadOnlyList<MemoryRegion> Regions { get; }

    /// <summary>Frames that boot keeps: the first MiB, the kernel image, struct pages …</summary>
    public IReadOnlyList<PfnRange> Reserved { get; }

    /// <summary>First frame of ZONE_MOVABLE, a node; 0 or missing: the node has none (kernelcore=, movablecore=).</summary>
    public IReadOnlyList<uint> MovableStartPfn { get; init; } = [];

    /// <summary>One past the last frame of RAM (max_pfn).</summary>
    public uint MaxPfn => Regions.Count == 0 ? 0 : Regions[^1].Range.End;

    /// <summary>
    /// The layout of QEMU's i440fx machine and most small virtual machines: conventional memory below 636 KiB, a hole
    /// to 1 MiB, RAM from there; from 3.5 GiB on, all beyond 3 GiB is moved above 4 GiB. The firmware keeps the last
    /// 128 KiB below 4 GiB.
    /// </summary>
    /// <param name="nodeBytes">RAM of each node in bytes, in whole frames; at least <see cref="LeastPcBytes"/> in all.</param>
    /// <param name="cpus">CPUs, dealt to the nodes in turn.</param>
    /// <param name="kernelBytes">What the kernel image and early boot keep, at 16 MiB; struct pages (64 bytes a frame) come on top, at the end of each node.</param>
    /// <exception cref="ArgumentException">A size is not in whole frames, or too small.</exception>
    public static MemoryLayout I440fx(IReadOnlyList<ulong> nodeBytes, int cpus, ulong kernelBytes = 0)
    {
        ulong totalPages = PagesOf(nodeBytes);
        if (totalPages < LeastPcBytes >> 12 || totalPages > MostBytes >> 12)
            throw new ArgumentException($"memory of {totalPages << 12} bytes: expected {LeastPcBytes} to {MostBytes}", nameof(nodeBytes));
        ulong lowPages = totalPages >= 3584UL << 8 ? 3UL << 18 : totalPages;
        PfnRange[] usable =
        [
            Conventional,
            new(0x100, (uint)(lowPages - 32)),
            new(ZoneTypes.Dma32EndPfn, (uint)(ZoneTypes.Dma32EndPfn + totalPages - lowPages)),
        ];
        var regions = new List<MemoryRegion>();
        var reserved = new List<PfnRange> { Conventional };
        ulong from = 0;
        for (int node = 0; node < nodeBytes.Count; node++)
        {
            ulong to = from + (nodeBytes[node] >> 12);
            var low = new PfnRange((uint)Math.Min(from, lowPages), (uint)Math.Min(to, lowPages));
            var high = new PfnRange(Above(from), Above(to));
            foreach (PfnRange range in usable)
            {
                PfnRange own = range.Intersect(range.Start < ZoneTypes.Dma32EndPfn ? low : high);
                if (own.Count > 0)
                    regions.Add(new MemoryRegion(node, own));
            }

            uint end = regions[^1].Range.End;
            uint structPages = (uint)(nodeBytes[node] >> 18);
            reserved.Add(new PfnRange(end - Math.Min(structPages, regions[^1].Range.Count), end));
            from = to;
        }

        uint kernelEnd = (uint)Math.Min(ZoneTypes.DmaEndPfn + (kernelBytes >> 12), lowPages);
        if (kernelEnd > ZoneTypes.DmaEndPfn)
            reserved.Add(new PfnRange(ZoneTypes.DmaEndPfn, kernelEnd));
        return new MemoryLayout(DealNodes(nodeBytes.Count, cpus), regions, reserved);

        uint Above(ulong page) => (uint)(ZoneTypes.Dma32EndPfn + Math.Max(page, lowPages) - lowPages);
    }

    /// <summary>RAM from frame 1 on in one piece, all of it the allocator's: for machines that are too small for a PC's holes, or whose kernel sees none.</summary>
    /// <param name="nodeBytes">RAM of each node in bytes, in whole frames.</param>
    /// <param name="cpus">CPUs, dealt to the nodes in turn.</param>
    /// <exception cref="ArgumentException">A size is not in whole frames, or the sum is out of reach.</exception>
    public static MemoryLayout Flat(IReadOnlyList<ulong> nodeBytes, int cpus)
    {
        ulong totalPages = PagesOf(nodeBytes);
        if (totalPages < 2 || totalPages > MostBytes >> 12)
            throw new ArgumentException($"memory of {totalPages << 12} bytes: expected 8192 to {MostBytes}", nameof(nodeBytes));
        var regions = new List<MemoryRegion>();
        ulong from = 0;
        for (int node = 0; node < nodeBytes.Count; node++)
        {
            ulong to = from + (nodeBytes[node] >> 12);
            regions.Add(new MemoryRegion(node, new PfnRange((uint)Math.Max(from, 1), (uint)to)));
            from = to;
        }

        return new MemoryLayout(DealNodes(nodeBytes.Count, cpus), regions, []);
    }

    /// <summary>
    /// A layout with the zones of a zoneinfo. It says how many frames are holes and how many reserved, not where: here
    /// the reserved ones come first, as on x86, then in ZONE_DMA the hole, elsewhere the managed frames.
    /// </summary>
    /// <param name="zones">The populated zones.</param>
    /// <param name="nodes">The nodes, by number.</param>
    /// <exception cref="ArgumentException">A zone manages more than is present, or has more present than it spans.</exception>
    public static MemoryLayout FromZones(IReadOnlyList<ZoneSpec> zones, IReadOnlyList<NodeSpec> nodes)
    {
        var regions = new List<MemoryRegion>();
        var reserved = new List<PfnRange>();
        foreach (ZoneSpec zone in zones.OrderBy(zone => zone.StartPfn))
        {
            if (zone.ManagedPages > zone.PresentPages || zone.PresentPages > zone.SpannedPages || zone.StartPfn + zone.SpannedPages > uint.MaxValue)
                throw new ArgumentException($"zone {zone.Type.Name()} of node {zone.Node}: managed {zone.ManagedPages}, present {zone.PresentPages}, spanned {zone.SpannedPages} do not nest", nameof(zones));
            uint kept = (uint)(zone.PresentPages - zone.ManagedPages);
            uint end = (uint)(zone.StartPfn + zone.SpannedPages);
            uint managedStart = zone.Type == ZoneType.Dma ? (uint)(end - zone.ManagedPages) : zone.StartPfn + kept;
            Add(zone.StartPfn, kept);
            reserved.Add(new PfnRange(zone.StartPfn, zone.StartPfn + kept));
            Add(managedStart, (uint)zone.ManagedPages);

            void Add(uint start, uint count)
            {
                if (count > 0)
                    regions.Add(new MemoryRegion(zone.Node, new PfnRange(start, start + count)));
            }
        }

        return new MemoryLayout(nodes, regions, reserved, zones);
    }

    /// <summary>Nodes at distance 10 to themselves and 20 to each other, the CPUs dealt in turn.</summary>
    public static IReadOnlyList<NodeSpec> DealNodes(int nodes, int cpus)
    {
        var specs = new NodeSpec[nodes];
        for (int node = 0; node < nodes; node++)
        {
            int self = node;
            specs[node] = new NodeSpec(
                [.. Enumerable.Range(0, cpus).Where(cpu => cpu % nodes == self)],
                [.. Enumerable.Range(0, nodes).Select(other => other == self ? 10 : 20)]);
        }

        return specs;
    }

    /// <summary>The populated zones, by node, lowest first (calculate_node_totalpages).</summary>
    public IReadOnlyList<ZoneSpec> Zones()
    {
        if (_zones is not null)
            return _zones;
        var zones = new List<ZoneSpec>();
        for (int node = 0; node < Nodes.Count; node++)
        {
            for (ZoneType type = ZoneType.Dma; type <= ZoneType.Movable; type++)
            {
                if (Zone(node, type) is { PresentPages: > 0 } zone)
                    zones.Add(zone);
            }
        }

        return zones;
    }

    /// <summary>The ranges of a zone that the buddy allocator manages: RAM that is not reserved, ascending.</summary>
    public IReadOnlyList<PfnRange> ManagedRanges(ZoneSpec zone)
    {
        var ranges = new List<PfnRange>();
        var span = new PfnRange(zone.StartPfn, (uint)(zone.StartPfn + zone.SpannedPages));
        foreach (MemoryRegion region in Regions)
        {
            if (region.Node != zone.Node)
                continue;
            PfnRange left = region.Range.Intersect(span);
            foreach (PfnRange kept in Reserved.OrderBy(range => range.Start))
            {
                if (kept.Intersect(left).Count == 0)
                    continue;
                if (kept.Start > left.Start)
                    ranges.Add(left with { End = kept.Start });
                left = left with { Start = Math.Min(kept.End, left.End) };
            }

            if (left.Count > 0)
                ranges.Add(left);
        }

        return ranges;
    }

    private static ulong PagesOf(IReadOnlyList<ulong> nodeBytes)
    {
        ulong total = 0;
        foreach (ulong bytes in nodeBytes)
        {
            if (bytes == 0 || bytes > MostBytes || (bytes & 4095) != 0)
                throw new ArgumentException($"node memory of {bytes} bytes: expected whole 4096-byte frames", nameof(nodeBytes));
            total += bytes >> 12;
        }

        return total;
    }

    private ZoneSpec? Zone(int node, ZoneType type)
    {
        uint first = uint.MaxValue;
        uint end = 0;
        foreach (MemoryRegion region in Regions)
        {
            if (region.Node != node)
                continue;
            first = Math.Min(first, region.Range.Start);
            end = Math.Max(end, region.Range.End);
        }

        PfnRange span = Limits(type, node).Intersect(new PfnRange(first, end));
        if (span.Count == 0)
            return null;
        var zone = new ZoneSpec(node, type, span.Start, span.Count, 0, 0);
        ulong present = 0;
        foreach (MemoryRegion region in Regions)
            present += region.Node == node ? region.Range.Intersect(span).Count : 0;
        ulong managed = 0;
        foreach (PfnRange range in ManagedRanges(zone))
            managed += range.Count;
        return zone with { PresentPages = present, ManagedPages = managed };
    }

    private PfnRange Limits(ZoneType type, int node)
    {
        uint movable = node < MovableStartPfn.Count && MovableStartPfn[node] != 0 ? MovableStartPfn[node] : uint.MaxValue;
        PfnRange limits = type switch
        {
            ZoneType.Dma => new(1, ZoneTypes.DmaEndPfn),
            ZoneType.Dma32 => new(ZoneTypes.DmaEndPfn, ZoneTypes.Dma32EndPfn),
            ZoneType.Normal => new(ZoneTypes.Dma32EndPfn, uint.MaxValue),
            _ => new(movable, uint.MaxValue),
        };
        return type == ZoneType.Movable ? limits : limits with { End = Math.Min(limits.End, movable) };
    }
}
