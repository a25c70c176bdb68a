using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Procfs;
using Pagewise.Workloads.Tests;

namespace Pagewise.Kernel.Tests.PageAllocator;

public class ZoneTableTests
{
    private static readonly KernelVersion Guest = new(6, 1);

    public static TheoryData<string> Experiments =>
        [.. Oracle.Files("guest", "before.zoneinfo").Select(file => file.Split('/')[1]).Where(name => name.StartsWith("wmark_", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Experiments))]
    public void EveryZoneinfoAfterASysctlChangeIsComputed(string experiment)
    {
        Zoneinfo before = Zoneinfos.Read($"guest/{experiment}/before.zoneinfo");
        PageAllocatorSysctls boot = Zoneinfos.Sysctls(experiment);
        using var zones = new ZoneTable(before.Specs(), before.Nodes(), Guest, boot);
        foreach (int scale in (int[])[1, 10, 50, 100, 1000, 3000])
            Expect(zones, boot with { WatermarkScaleFactor = scale }, experiment, $"scale{scale}");
        foreach (int kbytes in (int[])[256, 1024, 4096, 8192, 16384])
            Expect(zones, boot with { MinFreeKbytes = kbytes }, experiment, $"minfree{kbytes}");
        PageAllocatorSysctls lowmem = boot with { LowmemReserveRatio = [32, 32, 32, 0, 0] };
        Expect(zones, lowmem, experiment, "lowmem32");
        Expect(zones, lowmem with { PercpuPagelistHighFraction = 8 }, experiment, "pcpfrac8");
    }

    [Theory]
    [MemberData(nameof(Experiments))]
    public void ProtectionAtBootIsComputed(string experiment)
    {
        Zoneinfo before = Zoneinfos.Read($"guest/{experiment}/before.zoneinfo");
        using var zones = new ZoneTable(before.Specs(), before.Nodes(), Guest, Zoneinfos.Sysctls(experiment));
        foreach (ZoneinfoZone expected in before.Zones.Where(zone => zone.StartPfn is not null))
            Protection(zones[ZoneTable.Index(expected.Node, Zoneinfos.TypeOf(expected))]).ShouldBe(expected.Protection);
    }

    [Fact]
    public void TheHostsZoneinfoIsComputed()
    {
        Assert.SkipUnless(File.Exists("/proc/zoneinfo") && KernelVersion.TryParse(File.ReadAllText("/proc/sys/kernel/osrelease"), out _), "no /proc/zoneinfo here");
        KernelVersion.TryParse(File.ReadAllText("/proc/sys/kernel/osrelease"), out KernelVersion kernel).ShouldBeTrue();
        Zoneinfo live = Zoneinfo.Parse(File.ReadAllText("/proc/zoneinfo"));
        var sysctls = new PageAllocatorSysctls
        {
            MinFreeKbytes = Sysctl("min_free_kbytes")[0],
            WatermarkScaleFactor = Sysctl("watermark_scale_factor")[0],
            PercpuPagelistHighFraction = Sysctl("percpu_pagelist_high_fraction")[0],
            LowmemReserveRatio = Sysctl("lowmem_reserve_ratio"),
        };
        int cpus = live.Zones.Max(zone => zone.Pagesets.Count);
        Assert.SkipUnless(live.Zones.All(zone => zone.Node == 0), "the host's CPUs may not be dealt evenly to its nodes");
        using var zones = new ZoneTable(live.Specs(), live.Nodes(cpus), kernel, sysctls);
        foreach (ZoneinfoZone expected in live.Zones.Where(zone => zone.Name != "Device"))
        {
            Expect(zones, expected, "host");
            if (expected.Promo is not null)
                zones[ZoneTable.Index(0, Zoneinfos.TypeOf(expected))].Watermark[(int)Watermark.Promo].ShouldBe(expected.Promo.Value);
            foreach (ZoneinfoPageset set in expected.Pagesets.Where(set => set.HighMin is not null))
            {
                ref PerCpuPages computed = ref zones.PageSet(ZoneTable.Index(0, Zoneinfos.TypeOf(expected)), set.Cpu);
                (computed.Batch, computed.HighMin, computed.HighMax).ShouldBe((set.Batch, set.HighMin!.Value, set.HighMax!.Value));
            }
        }
    }

    [Fact]
    public void MinFreeKbytesGrowsWithTheRootOfMemory()
    {
        using ZoneTable small = Uniform(1UL << 30);
        using ZoneTable large = Uniform(16UL << 30);
        long managed = small[ZoneTable.Index(0, ZoneType.Dma32)].ManagedPages + small[0].ManagedPages;
        small.Sysctls.MinFreeKbytes.ShouldBe((int)Math.Sqrt(managed * 64));
        (large.Sysctls.MinFreeKbytes / (double)small.Sysctls.MinFreeKbytes).ShouldBe(4, 0.1);
        using ZoneTable huge = Uniform(5UL << 40);
        huge.Sysctls.MinFreeKbytes.ShouldBe(262144);
    }

    [Fact]
    public void KhugepagedRaisesMinFreeKbytesForEveryZone()
    {
        Zoneinfo thp = Zoneinfos.Read("guest/seqtouch_w64_thp/before.zoneinfo");
        PageAllocatorSysctls recorded = Zoneinfos.Sysctls("seqtouch_w64_thp");
        using var zones = new ZoneTable(thp.Specs(), thp.Nodes(), Guest, recorded with { MinFreeKbytes = -1 });
        zones.SetRecommendedMinFreeKbytes();
        zones.Sysctls.MinFreeKbytes.ShouldBe(recorded.MinFreeKbytes);
    }

    [Fact]
    public void ZonelistsBeginAtHomeAndEndFarAway()
    {
        NodeSpec[] nodes =
        [
            new([0], [10, 20, 40, 20]),
            new([1], [20, 10, 20, 40]),
            new([2], [40, 20, 10, 20]),
            new([3], [20, 40, 20, 10]),
        ];
        ZoneSpec[] specs =
        [
            new(0, ZoneType.Dma, 1, 4095, 3998, 3840),
            new(0, ZoneType.Dma32, 4096, 1 << 18, 1 << 18, 1 << 18),
            .. Enumerable.Range(1, 3).Select(node => new ZoneSpec(node, ZoneType.Normal, (uint)node << 20, 1 << 20, 1 << 20, 1 << 20)),
        ];
        using var zones = new ZoneTable(specs, nodes, Guest, new PageAllocatorSysctls());
        Order(0).ShouldBe([0, 0, 1, 3, 2]);
        Order(1).ShouldBe([1, 2, 0, 0, 3]);
        zones.PreferredZone(1, ZoneType.Dma32).ShouldBe(ZoneTable.Index(0, ZoneType.Dma32));
        zones.PreferredZone(1, ZoneType.Movable).ShouldBe(ZoneTable.Index(1, ZoneType.Normal));

        int[] Order(int node) => [.. zones.Zonelist(node).ToArray().Select(zone => zone / ZoneTypes.Count)];
    }

    [Theory]
    [InlineData(0, 10, 0)]
    [InlineData(3001, 10, 0)]
    [InlineData(10, -1, 0)]
    [InlineData(10, 10, 7)]
    public void SettingsOutOfRangeAreRefused(int scale, int boost, int fraction)
    {
        using ZoneTable zones = Uniform(64UL << 20);
        Should.Throw<ArgumentException>(() => zones.Apply(new PageAllocatorSysctls { WatermarkScaleFactor = scale, WatermarkBoostFactor = boost, PercpuPagelistHighFraction = fraction }));
    }

    private static ZoneTable Uniform(ulong bytes)
    {
        var layout = MemoryLayout.I440fx([bytes], 1);
        return new ZoneTable(layout.Zones(), layout.Nodes, Guest, new PageAllocatorSysctls());
    }

    private static void Expect(ZoneTable zones, PageAllocatorSysctls sysctls, string experiment, string snapshot)
    {
        zones.Apply(sysctls);
        foreach (ZoneinfoZone expected in Zoneinfos.Read($"guest/{experiment}/{snapshot}.zoneinfo").Zones.Where(zone => zone.Name != "Device"))
        {
            Expect(zones, expected, snapshot);
            int index = ZoneTable.Index(expected.Node, Zoneinfos.TypeOf(expected));
            foreach (ZoneinfoPageset set in expected.Pagesets)
            {
                (zones.PageSet(index, set.Cpu).High, zones.PageSet(index, set.Cpu).Batch).ShouldBe((set.High, set.Batch), snapshot);
                zones.StatThreshold(index).ShouldBe(set.VmStatsThreshold);
            }
        }
    }

    private static void Expect(ZoneTable zones, ZoneinfoZone expected, string snapshot)
    {
        ref Zone zone = ref zones[ZoneTable.Index(expected.Node, Zoneinfos.TypeOf(expected))];
        (zone.Watermark[(int)Watermark.Min], zone.Watermark[(int)Watermark.Low], zone.Watermark[(int)Watermark.High])
            .ShouldBe((expected.Min, expected.Low, expected.High), $"{snapshot} {expected.Node} {expected.Name}");
        Protection(zone).ShouldBe(expected.Protection, snapshot);
    }

    private static long[] Protection(in Zone zone)
    {
        Zone.Reserves reserves = zone.LowmemReserve;
        return [reserves[0], reserves[1], reserves[2], reserves[3], reserves[4]];
    }

    private static int[] Sysctl(string name) =>
        [.. File.ReadAllText($"/proc/sys/vm/{name}").Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
}
