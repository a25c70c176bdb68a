using Pagewise.Abi;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Tests.PageAllocator;

public class BuddyAllocatorTests
{
    private static readonly KernelVersion V61 = new(6, 1);
    private static readonly KernelVersion V618 = new(6, 18);
    private static readonly int Dma32 = ZoneTable.Index(0, ZoneType.Dma32);

    [Fact]
    public void WhenBuddyIsFreeBlocksCoalesce()
    {
        using Guest guest = Guest.Plain(64, V61);
        long blocks = guest.Zones[Dma32].FreeArea[PageOrder.Max].NrFree;
        uint left = guest.Pages.AllocPages(Gfp.Kernel, 5);
        uint right = guest.Pages.AllocPages(Gfp.Kernel, 5);
        (left ^ right).ShouldBe(32u);
        guest.Zones[Dma32].FreeArea[PageOrder.Max].NrFree.ShouldBe(blocks - 1);
        guest.Pages.FreePages(left, 5);
        guest.Zones[Dma32].FreeArea[PageOrder.Max].NrFree.ShouldBe(blocks - 1);
        guest.Pages.FreePages(right, 5);
        guest.Zones[Dma32].FreeArea[PageOrder.Max].NrFree.ShouldBe(blocks);
        guest.Pages.Validate().ShouldBe(0);
    }

    [Fact]
    public void ABlockLikelyToMergeSoonGoesToTheTail()
    {
        using Guest guest = Guest.Plain(64, V61);
        // Four neighbours of order 4 in one block of order 6: a b c d. With c and d free as one of order 5, b alone is
        // likely to merge once a comes back.
        uint a = guest.Pages.AllocPages(Gfp.Kernel, 6);
        uint other = guest.Pages.AllocPages(Gfp.Kernel, 6);
        guest.Pages.FreePages(other, 4);
        guest.Pages.FreePages(a + 32, 5);
        guest.Pages.FreePages(a + 16, 4);
        PageList list = guest.Zones[Dma32].FreeArea[4].Lists[(int)guest.Pages.PageblockType(a)];
        (list.First, list.Last).ShouldBe((other, a + 16));
    }

    [Fact]
    public void AFrameGivenBackTwiceIsABug()
    {
        using Guest guest = Guest.Plain(64, V61);
        uint pfn = guest.Pages.AllocPages(Gfp.Kernel, 0);
        guest.Pages.FreePages(pfn, 0);
        Should.Throw<InvalidOperationException>(() => guest.Pages.FreePages(pfn, 0)).Message.ShouldContain("was not handed out");
        Should.Throw<InvalidOperationException>(() => guest.Pages.FreePages(3, 1));
    }

    [Fact]
    public void ZeroedFramesReadAsZero()
    {
        using Guest guest = Guest.Plain(64, V61);
        uint pfn = guest.Pages.AllocPages(Gfp.HighUserMovable, 0);
        guest.Frames.Write(pfn)[17] = 5;
        guest.Pages.FreePages(pfn, 0);
        guest.Pages.AllocPages(Gfp.HighUserMovable | Gfp.Zero, 0).ShouldBe(pfn);
        guest.Frames.Memory.Frame(pfn)[17].ShouldBe((byte)0);
    }

    [Fact]
    public void UrgentAllocationsReachDeeperIntoTheReserves()
    {
        long user = Exhaust(Gfp.User);
        long high = Exhaust(Gfp.Kernel | Gfp.High);
        long atomic = Exhaust(Gfp.Atomic);
        long memAlloc = Exhaust(Gfp.Kernel | Gfp.MemAlloc);
        high.ShouldBeLessThan(user);
        atomic.ShouldBeLessThan(high);
        memAlloc.ShouldBe(0);

        static long Exhaust(Gfp gfp)
        {
            using Guest guest = Guest.Plain(64, V61);
            while (guest.Pages.AllocPages(gfp | Gfp.NoWarn, 0) != 0)
            {
            }

            return guest.Zones[Dma32].FreePages;
        }
    }

    [Fact]
    public void AnOomVictimMayTakeHalfOfTheMinWatermark()
    {
        using Guest guest = Guest.Plain(64, V618);
        while (guest.Pages.AllocPages(Gfp.HighUserMovable | Gfp.NoWarn, 0) != 0)
        {
        }

        ref Zone zone = ref guest.Zones[Dma32];
        zone.FreePages.ShouldBeLessThanOrEqualTo(zone.MarkPages(Watermark.Min));
        guest.Pages.CurrentTask = AllocTaskFlags.OomVictim;
        guest.Pages.AllocPages(Gfp.HighUserMovable | Gfp.NoWarn, 0).ShouldNotBe(0u);
        while (guest.Pages.AllocPages(Gfp.HighUserMovable | Gfp.NoWarn, 0) != 0)
        {
        }

        zone.FreePages.ShouldBeInRange(1, (zone.MarkPages(Watermark.Min) / 2) + 63);
    }

    [Fact]
    public void LowerZonesKeepAReserveFromThoseThatCouldGoHigher()
    {
        using Guest guest = Guest.Plain(512, V61);
        while (guest.Pages.AllocPages(Gfp.HighUserMovable | Gfp.NoWarn, 0) != 0)
        {
        }

        ref Zone dma = ref guest.Zones[ZoneTable.Index(0, ZoneType.Dma)];
        dma.FreePages.ShouldBeGreaterThanOrEqualTo(dma.LowmemReserve[(int)ZoneType.Movable]);
        dma.LowmemReserve[(int)ZoneType.Movable].ShouldBeGreaterThan(400);
        guest.Pages.AllocPages(Gfp.Kernel | Gfp.Dma, 0).ShouldNotBe(0u);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(18)]
    public void AnUnmovableAllocationClaimsAMovablePageblock(int minor)
    {
        using Guest guest = Guest.Plain(64, new KernelVersion(6, minor));
        uint pfn = guest.Pages.AllocPages(Gfp.Kernel, 0);
        guest.Pages.PageblockType(pfn).ShouldBe(MigrateType.Unmovable);
        uint user = guest.Pages.AllocPages(Gfp.HighUserMovable, 0);
        guest.Pages.PageblockType(user).ShouldBe(MigrateType.Movable);
        (user >> PageOrder.Pageblock).ShouldNotBe(pfn >> PageOrder.Pageblock);
        // The rest of the block went to the unmovable lists: the next one is its neighbour.
        (guest.Pages.AllocPages(Gfp.Kernel, 4) >> PageOrder.Pageblock).ShouldBe(pfn >> PageOrder.Pageblock);
    }

    [Fact]
    public void StealingBoostsTheWatermarksAndWakesKswapd()
    {
        using Guest guest = Guest.Plain(64, V61);
        var pressure = new RecordedPressure();
        guest.Pages.Pressure = pressure;
        var held = new List<uint>();
        while (guest.Zones[Dma32].WatermarkBoost == 0)
            held.Add(guest.Pages.AllocPages(held.Count % 2 == 0 ? Gfp.Kernel : Gfp.HighUserMovable, held.Count % 3 == 0 ? 3 : 0));
        held.ShouldNotContain(0u);
        guest.Zones[Dma32].WatermarkBoost.ShouldBe(PageOrder.PageblockPages);
        guest.Pages.AllocPages(Gfp.Kernel, 0);
        pressure.Woken.ShouldContain(zone => zone == Dma32);
    }

    [Fact]
    public void TheSlowPathWakesKswapdReclaimsAndKillsInThisOrder()
    {
        using Guest guest = Guest.Plain(64, V61);
        var pressure = new RecordedPressure();
        guest.Pages.Pressure = pressure;
        var failures = new Failures();
        guest.Pages.Failures = failures;
        while (guest.Pages.AllocPages(Gfp.HighUserMovable, 0) != 0)
        {
        }

        string[] steps = [.. pressure.Steps.Distinct()];
        steps.ShouldBe(["kswapd", "reclaim", "oom"]);
        pressure.Steps.Count(step => step == "reclaim").ShouldBe(17);
        failures.Seen.ShouldBe([new AllocationFailure(0, Gfp.HighUserMovable, ulong.MaxValue)]);
    }

    [Fact]
    public void ReclaimedPagesEndTheSlowPath()
    {
        using Guest guest = Guest.Plain(64, V618);
        var held = new List<uint>();
        for (uint pfn; (pfn = guest.Pages.AllocPages(Gfp.HighUserMovable | Gfp.NoWarn, 0)) != 0;)
            held.Add(pfn);
        guest.Pages.Pressure = new RecordedPressure
        {
            Reclaim = () =>
            {
                for (int i = 0; i < 200; i++)
                {
                    guest.Pages.FreePages(held[^1], 0);
                    held.RemoveAt(held.Count - 1);
                }

                return 200;
            },
        };
        guest.Pages.AllocPages(Gfp.HighUserMovable, 0).ShouldNotBe(0u);
        guest.Pages.Validate().ShouldBe(held.Count + 1);
    }

    [Fact]
    public void HighOrderAtomicAllocationsLeaveAPageblockBehind()
    {
        using Guest guest = Guest.Plain(64, V61);
        while (guest.Pages.AllocPages(Gfp.HighUserMovable | Gfp.NoWarn, 0) != 0)
        {
        }

        guest.Pages.CurrentTask = AllocTaskFlags.None;
        ref Zone zone = ref guest.Zones[Dma32];
        uint pfn = guest.Pages.AllocPages(Gfp.Atomic | Gfp.NoWarn, 1);
        pfn.ShouldNotBe(0u);
        guest.Pages.PageblockType(pfn).ShouldBe(MigrateType.HighAtomic);
        zone.NrReservedHighatomic.ShouldBe(PageOrder.PageblockPages);
        guest.Pages.Validate();
    }

    [Fact]
    public void CompactionMakesALargeBlockOfScatteredPages()
    {
        using Guest guest = Guest.Plain(64, V61);
        var held = new List<uint>();
        for (uint pfn; (pfn = guest.Pages.AllocPages(Gfp.HighUserMovable | Gfp.NoWarn, 0)) != 0;)
        {
            guest.Frames[pfn].Flags |= PageFlags.Anon;
            held.Add(pfn);
        }

        // Every other page goes: half of memory is free, in single pages.
        var kept = new HashSet<uint>();
        foreach (uint pfn in held)
        {
            if (pfn % 2 == 0)
                guest.Pages.FreePages(pfn, 0);
            else
                kept.Add(pfn);
        }

        guest.Pages.DrainAllPages();
        guest.Pages.AllocPages(Gfp.HighUserMovable | Gfp.NoWarn, 9).ShouldBe(0u);
        guest.Pages.Migration = new MovingPages(guest.Frames, kept);
        uint block = guest.Pages.AllocPages(Gfp.HighUserMovable | Gfp.NoWarn, 9);
        block.ShouldNotBe(0u);
        kept.ShouldAllBe(pfn => pfn < block || pfn >= block + 512);
        guest.Pages.PgMigrateSuccess.ShouldBeGreaterThan(0);
        guest.Pages.CompactSuccess.ShouldBe(1);
        guest.Pages.Validate().ShouldBe(kept.Count + 512);
    }

    [Fact]
    public void ATebibyteOnEightNodesTakesNoFramesMemory()
    {
        var layout = MemoryLayout.I440fx([.. Enumerable.Repeat(128UL << 30, 8)], 8);
        long before = GC.GetAllocatedBytesForCurrentThread();
        using var guest = new Guest(layout, V618);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
        guest.Pages.TotalPages.ShouldBeGreaterThan((1UL << 28) - (1UL << 23));
        guest.Pages.CurrentCpu = 5;
        uint pfn = guest.Pages.AllocPages(Gfp.HighUserMovable, 0);
        guest.Zones[guest.Pages.ZoneOf(pfn)].Node.ShouldBe(5);
    }

    [Fact]
    public void WhatGfpFlagsAreCalled()
    {
        GfpNames.Format(Gfp.HighUserMovable | Gfp.Comp | Gfp.Zero).ShouldBe("GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO");
        GfpNames.Format(Gfp.PageTable).ShouldBe("GFP_KERNEL_ACCOUNT|__GFP_ZERO");
        GfpNames.Format(Gfp.TransHuge).ShouldBe("GFP_TRANSHUGE");
        GfpNames.Format(Gfp.None).ShouldBe("none");
        GfpNames.Format(Gfp.Atomic | (Gfp)0x8000_0000).ShouldBe("GFP_ATOMIC|0x80000000");
    }

    private sealed class Failures : IAllocationFailureSink
    {
        public List<AllocationFailure> Seen { get; } = [];

        public void PageAllocationFailure(in AllocationFailure failure) => Seen.Add(failure);
    }

    /// <summary>Moves pages that nobody maps: the frame's description goes along.</summary>
    private sealed class MovingPages(MemMap frames, HashSet<uint> pages) : IPageMigration
    {
        public bool CanMove(uint pfn) => pages.Contains(pfn);

        public bool Move(uint from, uint to)
        {
            frames.Copy(to, from);
            frames[to].Flags |= frames[from].Flags;
            pages.Remove(from);
            pages.Add(to);
            return true;
        }
    }
}
