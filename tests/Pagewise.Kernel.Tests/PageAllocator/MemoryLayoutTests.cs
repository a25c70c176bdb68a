using Pagewise.Kernel.PageAllocator;
using Pagewise.Procfs;

namespace Pagewise.Kernel.Tests.PageAllocator;

public class MemoryLayoutTests
{
    [Theory]
    [InlineData("wmark_128m", 128)]
    [InlineData("wmark_256m", 256)]
    [InlineData("wmark_1024m", 1024)]
    [InlineData("wmark_numa_256_512", 256, 512)]
    [InlineData("numa_default", 128, 128)]
    public void ZonesSpanAndHoldWhatTheGuestsDo(string experiment, params int[] nodeMebibytes)
    {
        Zoneinfo guest = Zoneinfos.Read($"guest/{experiment}/before.zoneinfo");
        var layout = MemoryLayout.I440fx([.. nodeMebibytes.Select(mebibytes => (ulong)mebibytes << 20)], nodeMebibytes.Length);
        Expect(layout.Zones(), guest.Specs());
    }

    [Fact]
    public void MemoryBeyondThreeAndAHalfGibibytesIsMovedAboveFour()
    {
        IReadOnlyList<ZoneSpec> zones = MemoryLayout.I440fx([4UL << 30], 1).Zones();
        zones.Select(zone => zone.Type).ShouldBe([ZoneType.Dma, ZoneType.Dma32, ZoneType.Normal]);
        (zones[1].StartPfn, zones[1].SpannedPages, zones[1].PresentPages).ShouldBe((4096u, (ulong)(ZoneTypes.Dma32EndPfn - 4096), (3UL << 18) - 32 - 4096));
        (zones[2].StartPfn, zones[2].PresentPages).ShouldBe((ZoneTypes.Dma32EndPfn, 1UL << 18));
    }

    [Fact]
    public void ManagedRangesLeaveOutWhatIsReserved()
    {
        var layout = MemoryLayout.I440fx([512UL << 20], 1, 32UL << 20);
        ZoneSpec dma32 = layout.Zones()[1];
        PfnRange[] ranges = [.. layout.ManagedRanges(dma32)];
        ranges.ShouldBe([new PfnRange(4096 + 8192, (512 << 8) - 32 - 2048)]);
        dma32.ManagedPages.ShouldBe(ranges[0].Count);
        layout.ManagedRanges(layout.Zones()[0]).ShouldBe([new PfnRange(256, 4096)]);
    }

    [Fact]
    public void AMovableZoneTakesTheTopOfANode()
    {
        var layout = MemoryLayout.I440fx([1UL << 30], 1) with { MovableStartPfn = [200_704] };
        IReadOnlyList<ZoneSpec> zones = layout.Zones();
        zones[^1].ShouldBe(new ZoneSpec(0, ZoneType.Movable, 200_704, (1 << 18) - 32 - 200_704, (1 << 18) - 32 - 200_704, (1 << 18) - 32 - 200_704 - 4096));
        zones[^2].SpannedPages.ShouldBe(200_704u - 4096);
    }

    [Fact]
    public void ALayoutFromZonesHasTheirCounts()
    {
        Zoneinfo guest = Zoneinfos.Read("guest/wmark_numa_256_512/before.zoneinfo");
        var layout = MemoryLayout.FromZones(guest.Specs(), guest.Nodes());
        Expect(layout.Zones(), guest.Specs());
        foreach (ZoneSpec zone in layout.Zones())
            layout.ManagedRanges(zone).Sum(range => range.Count).ShouldBe((long)zone.ManagedPages);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void TooLittleMemoryIsRefused(int mebibytes) =>
        Should.Throw<ArgumentException>(() => MemoryLayout.I440fx([(ulong)mebibytes << 20], 1));

    private static void Expect(IReadOnlyList<ZoneSpec> zones, IReadOnlyList<ZoneSpec> expected) =>
        zones.Select(zone => (zone.Node, zone.Type, zone.StartPfn, zone.SpannedPages, zone.PresentPages))
            .ShouldBe(expected.Select(zone => (zone.Node, zone.Type, zone.StartPfn, zone.SpannedPages, zone.PresentPages)));
}
