using Pagewise.Abi;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Tests.PageAllocator;

/// <summary>Seeded random allocations and frees against a bit a frame, with the walker.</summary>
public class BuddyAllocatorRandomTests
{
    private static readonly Gfp[] Kinds =
    [
        Gfp.HighUserMovable, Gfp.HighUserMovable | Gfp.Zero, Gfp.Kernel, Gfp.Kernel | Gfp.Reclaimable, Gfp.Atomic,
        Gfp.Kernel | Gfp.Dma32, Gfp.Kernel | Gfp.Dma, Gfp.TransHuge, Gfp.NoWait | Gfp.NoWarn, Gfp.Kernel | Gfp.NoMemAlloc,
    ];

    [Theory]
    [InlineData(6, 1, 1)]
    [InlineData(6, 1, 2)]
    [InlineData(6, 18, 3)]
    [InlineData(6, 18, 4)]
    public void FiftyThousandOperationsKeepEveryInvariant(int major, int minor, int seed) => Run(new KernelVersion(major, minor), seed, 12_500, 500);

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(6, 1, 11)]
    [InlineData(6, 18, 12)]
    public void AMillionOperationsKeepEveryInvariant(int major, int minor, int seed) => Run(new KernelVersion(major, minor), seed, 1_000_000, 2_000);

    [Fact]
    public void TheSameOperationsGiveTheSameFrames() =>
        Run(new KernelVersion(6, 18), 7, 5_000, 5_000).ShouldBe(Run(new KernelVersion(6, 18), 7, 5_000, 5_000));

    private static ulong Run(KernelVersion kernel, int seed, int operations, int validateEvery)
    {
        // Two nodes of odd size, so that zones end inside a block of the largest order.
        var layout = MemoryLayout.I440fx([37UL << 20, 26UL << 20], 3);
        using var guest = new Guest(layout, kernel);
        var naive = new NaiveFrames(layout);
        var random = new Random(seed);
        var held = new List<(uint Pfn, int Order)>();
        ulong hash = 14695981039346656037;
        double appetite = 0.5;
        for (int operation = 0; operation < operations; operation++)
        {
            if (random.Next(2000) == 0)
                appetite = random.NextDouble();
            if (random.Next(50) == 0)
                guest.Pages.CurrentCpu = random.Next(3);
            if (random.Next(4000) == 0)
                guest.Pages.DrainAllPages();
            if (random.Next(2000) == 0)
                guest.Pages.DecayPcpHigh(random.Next(3));
            if (random.NextDouble() < appetite)
                Take(guest, naive, random, held, ref hash);
            else if (held.Count > 0)
                Give(guest, naive, random, held);
            if (operation % validateEvery == 0)
                Check(guest, naive, seed, operation);
        }

        foreach ((uint pfn, int order) in held)
            guest.Pages.FreePages(pfn, order);
        guest.Pages.DrainAllPages();
        guest.Pages.Validate().ShouldBe(0, $"seed {seed}");
        // Everything merges again, but that pageblocks kept for atomic allocations do not merge with others.
        using var fresh = new Guest(layout, kernel);
        for (int zone = 0; zone < guest.Zones.ZoneCount; zone++)
            Pageblocks(guest.Zones[zone]).ShouldBe(Pageblocks(fresh.Zones[zone]), $"seed {seed}, zone {zone}");
        return hash;
    }

    private static long Pageblocks(in Zone zone) => zone.FreeArea[PageOrder.Pageblock].NrFree + (2 * zone.FreeArea[PageOrder.Max].NrFree);

    private static void Take(Guest guest, NaiveFrames naive, Random random, List<(uint Pfn, int Order)> held, ref ulong hash)
    {
        int order = random.Next(8) switch { 0 => random.Next(11), 1 or 2 => random.Next(4), _ => 0 };
        Gfp gfp = Kinds[random.Next(Kinds.Length)];
        uint pfn = random.Next(10) == 0
            ? guest.Pages.AllocPagesNode(gfp, order, random.Next(2), (ulong)random.Next(1, 4))
            : guest.Pages.AllocPages(gfp, order);
        hash = (hash ^ pfn) * 1099511628211;
        if (pfn == 0)
            return;
        naive.Take(pfn, order);
        if ((gfp & Gfp.Dma) != 0)
            pfn.ShouldBeLessThan(ZoneTypes.DmaEndPfn);
        guest.Frames[pfn].RefCount.ShouldBe(1);
        // What looks like a page of a program counts as movable when blocks change hands.
        if ((gfp & Gfp.Movable) != 0 && order == 0)
            guest.Frames[pfn].Flags |= Frames.PageFlags.Anon;
        held.Add((pfn, order));
    }

    private static void Give(Guest guest, NaiveFrames naive, Random random, List<(uint Pfn, int Order)> held)
    {
        int index = random.Next(held.Count);
        (uint pfn, int order) = held[index];
        held[index] = held[^1];
        held.RemoveAt(held.Count - 1);
        naive.Give(pfn, order);
        switch (random.Next(10))
        {
            case 0 when order > 0:
                // Piece by piece.
                for (uint i = pfn; i < pfn + (1u << order); i += 1u << (order - 1))
                    guest.Pages.FreePages(i, order - 1);
                break;
            case 1 when order == 0:
                guest.Pages.FreePagesList([pfn]);
                break;
            default:
                guest.Pages.FreePages(pfn, order);
                break;
        }
    }

    private static void Check(Guest guest, NaiveFrames naive, int seed, int operation)
    {
        try
        {
            guest.Pages.Validate().ShouldBe(naive.Used);
            ((long)guest.Pages.FreePageCount).ShouldBe(naive.Free);
        }
        catch (Exception wrong)
        {
            throw new InvalidOperationException($"seed {seed}, operation {operation}: {wrong.Message}", wrong);
        }
    }
}
