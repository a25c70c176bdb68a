using System.Numerics;
using System.Runtime.CompilerServices;
using Pagewise.Abi;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.PageAllocator;

/// <summary>
/// The nodes and zones of a machine with their watermarks, reserves, per-CPU list sizes and fallback order: what
/// /proc/zoneinfo shows. It knows no frames, so it also answers "what would the watermarks be".
/// </summary>
public sealed partial class ZoneTable : IDisposable
{
    /// <summary>Nodes at most; node masks are 64 bits.</summary>
    public const int MaxNodes = 64;

    private readonly NativeArray<Zone> _zones;
    private readonly NativeArray<PerCpuPages> _pageSets;
    private readonly NodeSpec[] _nodes;
    private readonly int[] _cpuNode;

    /// <summary>Sets up zones as boot does: watermarks, reserves, per-CPU lists and zonelists; no page is free yet.</summary>
    /// <param name="zones">The populated zones.</param>
    /// <param name="nodes">The nodes, by number.</param>
    /// <param name="kernel">The kernel whose rules hold.</param>
    /// <param name="sysctls">The settings.</param>
    /// <exception cref="ArgumentException">Too many nodes, a zone of an unknown node, no CPU, or a setting out of range.</exception>
    public ZoneTable(IReadOnlyList<ZoneSpec> zones, IReadOnlyList<NodeSpec> nodes, KernelVersion kernel, PageAllocatorSysctls sysctls)
    {
        if (nodes.Count is < 1 or > MaxNodes)
            throw new ArgumentException($"{nodes.Count} nodes: expected 1 to {MaxNodes}", nameof(nodes));
        Kernel = kernel;
        PcpHighAutoTuned = kernel >= new KernelVersion(6, 7);
        _nodes = [.. nodes];
        _cpuNode = CpuNodes(_nodes);
        _zones = new NativeArray<Zone>((ulong)(nodes.Count * ZoneTypes.Count));
        _pageSets = new NativeArray<PerCpuPages>((ulong)(nodes.Count * ZoneTypes.Count * CpuCount));
        for (int index = 0; index < ZoneCount; index++)
        {
            _zones[index].Node = index / ZoneTypes.Count;
            _zones[index].Type = (ZoneType)(index % ZoneTypes.Count);
            _zones[index].CompactOrderFailed = PageOrder.Max + 1;
        }

        foreach (ZoneSpec spec in zones)
        {
            if ((uint)spec.Node >= (uint)nodes.Count)
                throw new ArgumentException($"zone {spec.Type.Name()} names node {spec.Node}; there are {nodes.Count}", nameof(zones));
            ref Zone zone = ref _zones[Index(spec.Node, spec.Type)];
            zone.StartPfn = spec.StartPfn;
            zone.SpannedPages = (long)spec.SpannedPages;
            zone.PresentPages = (long)spec.PresentPages;
            zone.ManagedPages = (long)spec.ManagedPages;
        }

        Sysctls = Checked(sysctls);
        _zonelists = new NativeArray<ushort>((ulong)(nodes.Count * ZoneCount));
        _zonelistLengths = new int[nodes.Count];
        _preferred = new NativeArray<short>((ulong)(nodes.Count * ZoneTypes.Count));
        BuildZonelists();
        InitPerZoneWmarkMin();
    }

    /// <summary>The kernel whose rules hold.</summary>
    public KernelVersion Kernel { get; }

    /// <summary>Whether per-CPU lists size themselves between two marks (since 6.7).</summary>
    public bool PcpHighAutoTuned { get; }

    /// <summary>The settings in force; <see cref="PageAllocatorSysctls.MinFreeKbytes"/> is never -1 here.</summary>
    public PageAllocatorSysctls Sysctls { get; private set; }

    /// <summary>Zones, populated or not: five a node.</summary>
    public int ZoneCount => _nodes.Length * ZoneTypes.Count;

    /// <summary>The number of nodes.</summary>
    public int NodeCount => _nodes.Length;

    /// <summary>The number of CPUs.</summary>
    public int CpuCount => _cpuNode.Length;

    /// <summary>One zone, by <see cref="Index"/>.</summary>
    public ref Zone this[int zone]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _zones[zone];
    }

    /// <summary>A zone's place in the table.</summary>
    public static int Index(int node, ZoneType type) => (node * ZoneTypes.Count) + (int)type;

    /// <summary>The node of a CPU (cpu_to_node).</summary>
    public int NodeOfCpu(int cpu) => _cpuNode[cpu];

    /// <summary>The distance between two nodes (node_distance).</summary>
    public int Distance(int from, int to) => _nodes[from].Distances[to];

    /// <summary>The number of CPUs of a node.</summary>
    public int CpusOf(int node) => _nodes[node].Cpus.Count;

    /// <summary>The lists that a CPU holds of a zone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref PerCpuPages PageSet(int zone, int cpu) => ref _pageSets[(cpu * ZoneCount) + zone];

    /// <summary>All zones, for the allocator's hot path.</summary>
    internal NativeArray<Zone> Zones => _zones;

    /// <summary>All per-CPU lists: those of CPU n begin at n times <see cref="ZoneCount"/>.</summary>
    internal NativeArray<PerCpuPages> PageSets => _pageSets;

    /// <inheritdoc/>
    public void Dispose()
    {
        _zones.Dispose();
        _pageSets.Dispose();
        _zonelists.Dispose();
        _preferred.Dispose();
    }

    private static int[] CpuNodes(NodeSpec[] nodes)
    {
        int cpus = nodes.Sum(node => node.Cpus.Count);
        if (cpus == 0)
            throw new ArgumentException("no node has a CPU", nameof(nodes));
        int[] cpuNode = new int[cpus];
        Array.Fill(cpuNode, -1);
        for (int node = 0; node < nodes.Length; node++)
        {
            if (nodes[node].Distances.Count != nodes.Length)
                throw new ArgumentException($"node {node} has {nodes[node].Distances.Count} distances; there are {nodes.Length} nodes", nameof(nodes));
            foreach (int cpu in nodes[node].Cpus)
            {
                if ((uint)cpu >= (uint)cpus || cpuNode[cpu] >= 0)
                    throw new ArgumentException($"node {node} names CPU {cpu}: CPUs are numbered 0 to {cpus - 1}, each in one node", nameof(nodes));
                cpuNode[cpu] = node;
            }
        }

        return cpuNode;
    }

    private static PageAllocatorSysctls Checked(PageAllocatorSysctls sysctls)
    {
        Require(sysctls.MinFreeKbytes >= -1, "vm.min_free_kbytes", sysctls.MinFreeKbytes, "0 or more");
        Require(sysctls.WatermarkScaleFactor is >= 1 and <= 3000, "vm.watermark_scale_factor", sysctls.WatermarkScaleFactor, "1 to 3000");
        Require(sysctls.WatermarkBoostFactor >= 0, "vm.watermark_boost_factor", sysctls.WatermarkBoostFactor, "0 or more");
        Require(sysctls.PercpuPagelistHighFraction is 0 or >= MinPercpuPagelistHighFraction, "vm.percpu_pagelist_high_fraction", sysctls.PercpuPagelistHighFraction, "0, or 8 or more");
        Require(sysctls.LowmemReserveRatio.Count == ZoneTypes.Count, "vm.lowmem_reserve_ratio", sysctls.LowmemReserveRatio.Count, "five numbers");
        return sysctls;

        static void Require(bool holds, string name, int value, string expected)
        {
            if (!holds)
                throw new ArgumentException($"{name} = {value}: expected {expected}", nameof(sysctls));
        }
    }
}
