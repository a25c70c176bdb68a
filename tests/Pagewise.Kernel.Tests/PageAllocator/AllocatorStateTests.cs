using Pagewise.Abi;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Procfs;
using Pagewise.Workloads.Tests;

namespace Pagewise.Kernel.Tests.PageAllocator;

public class AllocatorStateTests
{
    public static TheoryData<string> Experiments =>
        [.. Oracle.Files("guest", "before.pagetypeinfo").Select(file => file.Split('/')[1]).Where(name => File.Exists(Path.Combine(Oracle.Folder, "guest", name, "before.zoneinfo")))];

    [Theory]
    [MemberData(nameof(Experiments))]
    public void ASnapshotsFreeBlocksArePlacedByOrderAndType(string experiment)
    {
        IReadOnlyList<ZoneFreeCounts> counts = Zoneinfos.FreeCounts(experiment);
        using Guest guest = Start(experiment, counts);
        guest.Pages.Validate();
        foreach (ZoneFreeCounts expected in counts)
        {
            ZoneFreeCounts actual = guest.Pages.FreeCounts(ZoneTable.Index(expected.Node, expected.Type));
            for (int type = 0; type < MigrateTypes.Count; type++)
                actual.FreeBlocks[type].ShouldBe(expected.FreeBlocks[type], $"{expected.Node} {expected.Type} {(MigrateType)type}");
            actual.PcpCounts.ShouldBe(expected.PcpCounts);
        }
    }

    [Fact]
    public void PagesFromTheStartAreTakenWithoutTouchingTheFreeOnes()
    {
        using Guest guest = Start("seqtouch_w64", Zoneinfos.FreeCounts("seqtouch_w64"));
        ulong free = guest.Pages.FreePageCount;
        guest.Pages.TakesUsedFrames = true;
        uint[] taken = [.. Enumerable.Range(0, 3000).Select(_ => guest.Pages.AllocPages(Gfp.HighUserMovable, 0))];
        guest.Pages.TakesUsedFrames = false;
        taken.ShouldNotContain(0u);
        taken.Distinct().Count().ShouldBe(taken.Length);
        guest.Pages.FreePageCount.ShouldBe(free);
        guest.Pages.Validate();
        foreach (uint pfn in taken)
            guest.Pages.FreePages(pfn, 0);
        guest.Pages.FreePageCount.ShouldBe(free + 3000);
        guest.Pages.Validate();
    }

    [Fact]
    public void OneNodeIsFilledToItsLowWatermarkThenTheOther()
    {
        using Guest guest = Start("numa_default", Zoneinfos.FreeCounts("numa_default"));
        guest.Pages.Pressure = new Unboosting(guest.Zones);
        int first = -1;
        for (int page = 0; page < 35_840; page++)
        {
            // A page table for every 512 pages, and the three above them.
            for (int tables = page % 512 == 0 ? page == 0 ? 3 : 1 : 0; tables > 0; tables--)
                guest.Pages.AllocPages(Gfp.PageTable, 0).ShouldNotBe(0u);
            uint pfn = guest.Pages.AllocPages(Gfp.HighUserMovable | Gfp.Zero, 0);
            int node = guest.Zones[guest.Pages.ZoneOf(pfn)].Node;
            if (first < 0 && node == 1)
                first = page;
        }

        // expect.tsv: 15032 ± 450.
        first.ShouldBeInRange(15_032 - 450, 15_032 + 450);
        guest.Pages.Validate();
    }

    /// <summary>From a machine that has just booted, of which a handful of pages is in use, to one that is full.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(18, 3)]
    [InlineData(18, 4)]
    public void WhateverAnAllocatorHasComeToCanBePlacedAgain(int minor, int seed)
    {
        var layout = MemoryLayout.I440fx([64UL << 20, 48UL << 20], 2);
        var kernel = new KernelVersion(6, minor);
        using var guest = new Guest(layout, kernel);
        var random = new Random(seed);
        var held = new List<(uint Pfn, int Order)>();
        for (int state = 0; state < 40; state++)
        {
            double appetite = 0.4 + (random.NextDouble() * 0.4);
            for (int operation = random.Next(1, 1 << random.Next(1, 13)); operation > 0; operation--)
            {
                guest.Pages.CurrentCpu = random.Next(2);
                Gfp gfp = random.Next(4) switch { 0 => Gfp.Kernel, 1 => Gfp.Kernel | Gfp.Reclaimable, _ => Gfp.HighUserMovable };
                int order = random.Next(5) == 0 ? random.Next(11) : 0;
                if (random.NextDouble() < appetite && guest.Pages.AllocPages(gfp, order) is var pfn and not 0)
                {
                    held.Add((pfn, order));
                }
                else if (held.Count > 0)
                {
                    int index = random.Next(held.Count);
                    (uint given, int size) = held[index];
                    held[index] = held[^1];
                    held.RemoveAt(held.Count - 1);
                    guest.Pages.FreePages(given, size);
                }
            }

            IReadOnlyList<ZoneFreeCounts> counts = [.. layout.Zones().Select(zone => guest.Pages.FreeCounts(ZoneTable.Index(zone.Node, zone.Type)))];
            using var again = new Guest(layout, kernel, state: AllocatorStateBuilder.Build(layout, counts));
            again.Pages.Validate().ShouldBe(guest.Pages.Validate(), $"seed {seed}, state {state}");
            foreach (ZoneFreeCounts expected in counts)
            {
                ZoneFreeCounts actual = again.Pages.FreeCounts(ZoneTable.Index(expected.Node, expected.Type));
                actual.FreeBlocks.SelectMany(one => one).ShouldBe(expected.FreeBlocks.SelectMany(one => one), $"seed {seed}, state {state}");
                actual.PcpCounts.ShouldBe(expected.PcpCounts);
            }
        }
    }

    [Fact]
    public void MoreFreeThanThereIsIsRefused()
    {
        Zoneinfo before = Zoneinfos.Read("guest/wmark_128m/before.zoneinfo");
        var layout = MemoryLayout.FromZones(before.Specs(), before.Nodes());
        var counts = new ZoneFreeCounts(0, ZoneType.Dma) { FreeBlocks = [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4]] };
        Should.Throw<ArgumentException>(() => AllocatorStateBuilder.Build(layout, [counts])).Message.ShouldContain("zone DMA of node 0");
    }

    [Fact]
    public void AStateWithAFrameFreeTwiceIsRefused()
    {
        var layout = MemoryLayout.I440fx([64UL << 20], 1);
        var state = new AllocatorState { FreeBlocks = [new(0x2000, 3, MigrateType.Movable), new(0x2004, 2, MigrateType.Movable)] };
        Should.Throw<ArgumentException>(() => new Guest(layout, new(6, 1), state: state)).Message.ShouldContain("free twice");
    }

    /// <summary>A kswapd that reclaims nothing and ends each run as it does: boosted watermarks go back.</summary>
    private sealed class Unboosting(ZoneTable zones) : IMemoryPressure
    {
        public void WakeKswapd(int zone, Gfp gfp, int order, ZoneType highest) => zones[zone].WatermarkBoost = 0;

        public long DirectReclaim(in AllocContext context, Gfp gfp, int order) => 0;

        public long ReclaimablePages(int zone) => 0;

        public bool OutOfMemory(in AllocContext context, Gfp gfp, int order) => false;
    }

    internal static Guest Start(string experiment, IReadOnlyList<ZoneFreeCounts> counts)
    {
        Zoneinfo before = Zoneinfos.Read($"guest/{experiment}/before.zoneinfo");
        return Guest.Of(experiment, AllocatorStateBuilder.Build(MemoryLayout.FromZones(before.Specs(), before.Nodes()), counts));
    }
}
