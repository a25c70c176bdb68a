using System.Runtime.CompilerServices;
using Pagewise.Abi;
using Pagewise.Kernel.Frames;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.PageAllocator;

/// <summary>
/// Linux's zoned page allocator (mm/page_alloc.c, 6.1 to 6.18): per-CPU lists before a buddy system of orders 0 to 10
/// in every zone, with free blocks kept apart by migrate type, watermarks that protect the last pages, fallback to
/// other types, zones and nodes, and a slow path that frees memory.
/// </summary>
/// <remarks>
/// Simplified: no CMA, no memory hotplug, no page poisoning; counters are exact where Linux folds them per CPU;
/// cpusets are left to the caller's node mask. State is in <see cref="ZoneTable"/>, <see cref="MemMap"/> and two
/// arrays here; nothing is allocated after construction.
/// </remarks>
public sealed partial class BuddyAllocator : IDisposable
{
    private readonly ZoneTable _zones;
    private readonly NativeArray<Zone> _zoneArray;
    private readonly NativeArray<PerCpuPages> _pageSets;
    private readonly MemMap _memMap;
    private readonly VmStat _stat;
    private readonly NativeArray<MaxBlock> _maxBlocks;
    private readonly NativeArray<MigrateType> _pageblocks;
    private readonly PfnRange[] _managed;
    private readonly bool _autoTuned;
    private readonly bool _explicitReserves;
    private readonly bool _claimsBlocks;
    private IPageTracepoints? _tracepoints;
    private bool _longWay;
    private int _cpu;
    private int _node;
    private int _firstPageSet;
    private LocalZones _localZones;

    /// <summary>Takes over all frames that the layout leaves to it; they are free, movable, and ascending in the lists (memblock_free_all).</summary>
    /// <param name="zones">The zones; the allocator owns their free areas and per-CPU lists from now on, not the table.</param>
    /// <param name="layout">Where the zones' managed frames lie.</param>
    /// <param name="memMap">The frames; its count is at least the layout's.</param>
    /// <param name="stat">Counters.</param>
    /// <exception cref="ArgumentException">The layout does not have the zones' managed frames, or the memory ends before it.</exception>
    public BuddyAllocator(ZoneTable zones, MemoryLayout layout, MemMap memMap, VmStat stat)
    {
        if (layout.MaxPfn > memMap.Count)
            throw new ArgumentException($"the layout ends at frame {layout.MaxPfn}, the memory at {memMap.Count}", nameof(layout));
        _zones = zones;
        _zoneArray = zones.Zones;
        _pageSets = zones.PageSets;
        _memMap = memMap;
        _stat = stat;
        KernelVersion kernel = zones.Kernel;
        _autoTuned = zones.PcpHighAutoTuned;
        _explicitReserves = kernel >= new KernelVersion(6, 3);
        _claimsBlocks = kernel >= new KernelVersion(6, 12);
        _maxBlocks = new NativeArray<MaxBlock>(((ulong)memMap.Count >> PageOrder.Max) + 1);
        _pageblocks = new NativeArray<MigrateType>(((ulong)memMap.Count >> PageOrder.Pageblock) + 1);
        _managed = AddMemory(layout);
        InitPolicies();
        CurrentCpu = 0;
    }

    /// <summary>The zones.</summary>
    public ZoneTable Zones => _zones;

    /// <summary>The CPU that allocates and frees now. A scheduler sets it; its node is the local one.</summary>
    public int CurrentCpu
    {
        get => _cpu;
        set
        {
            _cpu = value;
            _node = _zones.NodeOfCpu(value);
            _firstPageSet = value * _zones.ZoneCount;
            for (int highest = 0; highest < ZoneTypes.Count; highest++)
                _localZones[highest] = (short)_zones.PreferredZone(_node, (ZoneType)highest);
        }
    }

    /// <summary>Who listens; null costs nothing.</summary>
    public IPageTracepoints? Tracepoints
    {
        get => _tracepoints;
        set
        {
            _tracepoints = value;
            ChooseWay();
        }
    }

    /// <summary>Who listens to <c>reclaim_retry_zone</c> (of the oom group); null: nobody.</summary>
    public Action<ReclaimRetryZone>? RetryTracepoint { get; set; }

    /// <summary>Frames that it manages (totalram_pages).</summary>
    public ulong TotalPages { get; private set; }

    /// <summary>Frames that are free.</summary>
    /// <remarks>Pages in per-CPU lists count as free, as in /proc/meminfo's sum of the two; NR_FREE_PAGES alone is <see cref="Zone.FreePages"/>.</remarks>
    public ulong FreePageCount
    {
        get
        {
            long pages = 0;
            for (int index = 0; index < _zones.ZoneCount; index++)
            {
                pages += _zones[index].FreePages;
                for (int cpu = 0; cpu < _zones.CpuCount; cpu++)
                    pages += _zones.PageSet(index, cpu).Count;
            }

            return (ulong)pages;
        }
    }

    /// <summary>The migrate type of the pageblock that a frame stands in (get_pageblock_migratetype).</summary>
    public MigrateType PageblockType(uint pfn) => _pageblocks[pfn >> PageOrder.Pageblock];

    /// <summary>The zone of a frame, an index into <see cref="Zones"/>; -1: the frame is in none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ZoneOf(uint pfn)
    {
        int zone = _maxBlocks[pfn >> PageOrder.Max].ZonePlusOne - 1;
        return zone >= 0 && Contains(_zoneArray[zone], pfn) ? zone : ZoneBySearch(pfn);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _maxBlocks.Dispose();
        _pageblocks.Dispose();
    }

    /// <summary>The first zone of the local node's zonelist, by highest zone.</summary>
    [InlineArray(ZoneTypes.Count)]
    private struct LocalZones
    {
        private short _first;
    }

    /// <summary>One test on the hot path for everything that is rarely so.</summary>
    private void ChooseWay() => _longWay = _tracepoints is not null || _takesUsedFrames || _taskPolicy.Mode != MemPolicyMode.Default || _memsAllowed != AllNodes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Contains(in Zone zone, uint pfn) => pfn - zone.StartPfn < zone.SpannedPages;

    /// <summary>A zone may begin or end within 1024 frames of another: nodes of odd sizes.</summary>
    private int ZoneBySearch(uint pfn)
    {
        for (int index = 0; index < _zones.ZoneCount; index++)
        {
            if (Contains(_zones[index], pfn))
                return index;
        }

        return -1;
    }

    private PfnRange[] AddMemory(MemoryLayout layout)
    {
        var all = new List<PfnRange>();
        foreach (ZoneSpec spec in layout.Zones())
        {
            int index = ZoneTable.Index(spec.Node, spec.Type);
            ref Zone zone = ref _zones[index];
            IReadOnlyList<PfnRange> ranges = layout.ManagedRanges(spec);
            foreach (PfnRange range in ranges)
            {
                for (uint pageblock = range.Start >> PageOrder.Pageblock; pageblock <= (range.End - 1) >> PageOrder.Pageblock; pageblock++)
                    _pageblocks[pageblock] = MigrateType.Movable;
                for (uint block = range.Start >> PageOrder.Max; block <= (range.End - 1) >> PageOrder.Max; block++)
                {
                    if (_maxBlocks[block].ZonePlusOne == 0)
                        _maxBlocks[block].ZonePlusOne = (ushort)(index + 1);
                }
            }

            foreach (PfnRange range in ranges)
                FreeRange(ref zone, range);
            if (zone.FreePages != zone.ManagedPages)
                throw new ArgumentException($"zone {spec.Type.Name()} of node {spec.Node} manages {zone.ManagedPages} frames, the layout has {zone.FreePages}", nameof(layout));
            TotalPages += (ulong)zone.ManagedPages;
            all.AddRange(ranges);
        }

        return [.. all.OrderBy(range => range.Start)];
    }

    private void FreeRange(ref Zone zone, PfnRange range)
    {
        uint pfn = range.Start;
        while (pfn < range.End)
        {
            int order = Math.Min(PageOrder.Max, int.TrailingZeroCount((int)pfn));
            while (pfn + (1u << order) > range.End)
                order--;
            FreeOnePage(ref zone, pfn, order, MigrateType.Movable, toTail: true);
            pfn += 1u << order;
        }
    }
}
