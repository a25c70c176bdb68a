using System.Globalization;
using System.Text;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Procfs;
using Pagewise.Workloads.Tests;

namespace Pagewise.Kernel.Tests.PageAllocator;

/// <summary>Recorded zoneinfos as what the allocator is made from.</summary>
internal static class Zoneinfos
{
    public static Zoneinfo Read(string file) => Zoneinfo.Parse(Encoding.UTF8.GetString(Oracle.Plain(file)));

    public static IReadOnlyList<ZoneSpec> Specs(this Zoneinfo info) =>
        [.. from zone in info.Zones
            where zone.StartPfn is not null
            select new ZoneSpec(zone.Node, TypeOf(zone), zone.StartPfn!.Value, (ulong)zone.Spanned, (ulong)zone.Present, (ulong)zone.Managed)];

    /// <summary>The nodes, each with one CPU as in the guests unless the count says otherwise.</summary>
    public static IReadOnlyList<NodeSpec> Nodes(this Zoneinfo info, int cpus = 0)
    {
        int nodes = info.Zones.Max(zone => zone.Node) + 1;
        return MemoryLayout.DealNodes(nodes, cpus == 0 ? nodes : cpus);
    }

    public static ZoneType TypeOf(ZoneinfoZone zone)
    {
        ZoneTypes.TryParse(zone.Name, out ZoneType type).ShouldBeTrue();
        return type;
    }

    /// <summary>What is free at a snapshot of an experiment.</summary>
    public static IReadOnlyList<ZoneFreeCounts> FreeCounts(string experiment, string snapshot = "before")
    {
        Zoneinfo zones = Read($"guest/{experiment}/{snapshot}.zoneinfo");
        var types = Pagetypeinfo.Parse(Encoding.UTF8.GetString(Oracle.Plain($"guest/{experiment}/{snapshot}.pagetypeinfo")));
        return
        [
            .. from zone in zones.Zones
                where zone.StartPfn is not null
                let free = types.Zones.Single(one => one.Node == zone.Node && one.Name == zone.Name)
                select new ZoneFreeCounts(zone.Node, TypeOf(zone))
                {
                    FreeBlocks = [.. free.Types.Select(type => type.FreeBlocks)],
                    Pageblocks = [.. free.Types.Select(type => type.Blocks)],
                    PcpCounts = [.. zone.Pagesets.Select(set => set.Count)],
                },
        ];
    }

    /// <summary>The sysctls at the start of an experiment.</summary>
    public static PageAllocatorSysctls Sysctls(string experiment)
    {
        var sysctls = new PageAllocatorSysctls();
        foreach (string line in Encoding.UTF8.GetString(Oracle.Plain($"guest/{experiment}/env.txt")).Split('\n'))
        {
            if (line.Split(" = ") is [var name, var value])
            {
                sysctls = name switch
                {
                    "vm.min_free_kbytes" => sysctls with { MinFreeKbytes = Int(value) },
                    "vm.watermark_scale_factor" => sysctls with { WatermarkScaleFactor = Int(value) },
                    "vm.watermark_boost_factor" => sysctls with { WatermarkBoostFactor = Int(value) },
                    "vm.percpu_pagelist_high_fraction" => sysctls with { PercpuPagelistHighFraction = Int(value) },
                    "vm.lowmem_reserve_ratio" => sysctls with { LowmemReserveRatio = [.. value.Split('\t').Select(Int)] },
                    _ => sysctls,
                };
            }
        }

        return sysctls;
    }

    private static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
