using Pagewise.Abi;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Tests.PageAllocator;

public class MemPolicyTests
{
    private const Gfp User = Gfp.HighUserMovable;

    [Fact]
    public void TheGuestsInterleavedAreaAlternates()
    {
        IReadOnlyList<ZoneFreeCounts> counts = Zoneinfos.FreeCounts("numa_interleave");
        using Guest guest = AllocatorStateTests.Start("numa_interleave", counts);
        Policy(MemPolicyMode.Interleave, 3, out MemPolicy policy);
        for (ulong page = 0; page < 2000; page++)
        {
            uint pfn = guest.Pages.AllocPagesVma(User, 0, policy, MemPolicy.InterleaveIndex(0x200000000, page, 0));
            NodeOf(guest, pfn).ShouldBe((int)(page % 2));
        }

        guest.Zones[ZoneTable.Index(0, ZoneType.Dma32)].NumaInterleave.ShouldBe(1000);
        guest.Zones[ZoneTable.Index(1, ZoneType.Dma32)].NumaInterleave.ShouldBe(1000);
        guest.Zones[ZoneTable.Index(1, ZoneType.Dma32)].NumaOther.ShouldBe(1000);
    }

    [Fact]
    public void ATasksPolicyTakesTurnsWhateverIsAllocated()
    {
        using Guest guest = FourNodes();
        Policy(MemPolicyMode.Interleave, 0b1011, out MemPolicy policy);
        guest.Pages.TaskPolicy = policy;
        int[] nodes = [.. Enumerable.Range(0, 6).Select(page => NodeOf(guest, guest.Pages.AllocPages(page % 2 == 0 ? User : Gfp.PageTable, 0)))];
        nodes.ShouldBe([0, 1, 3, 0, 1, 3]);
    }

    [Fact]
    public void WeightsSayHowManyPagesANodeGivesInItsTurn()
    {
        using Guest guest = FourNodes();
        guest.Pages.SetInterleaveWeight(0, 3);
        Policy(MemPolicyMode.WeightedInterleave, 0b0101, out MemPolicy policy);
        int[] byIndex = [.. Enumerable.Range(0, 8).Select(page => NodeOf(guest, guest.Pages.AllocPagesVma(User, 0, policy, (ulong)page)))];
        byIndex.ShouldBe([0, 0, 0, 2, 0, 0, 0, 2]);
        guest.Pages.TaskPolicy = policy;
        int[] inTurn = [.. Enumerable.Range(0, 8).Select(_ => NodeOf(guest, guest.Pages.AllocPages(User, 0)))];
        inTurn.ShouldBe([0, 0, 0, 2, 0, 0, 0, 2]);
    }

    [Fact]
    public void ABoundTaskFailsRatherThanLeaveItsNodes()
    {
        using Guest guest = FourNodes();
        Policy(MemPolicyMode.Bind, 0b0100, out MemPolicy policy);
        guest.Pages.TaskPolicy = policy;
        int pages = 0;
        for (uint pfn; (pfn = guest.Pages.AllocPages(User, 0)) != 0; pages++)
            NodeOf(guest, pfn).ShouldBe(2);
        pages.ShouldBeGreaterThan(7000);
        guest.Pages.TaskPolicy = default;
        NodeOf(guest, guest.Pages.AllocPages(User, 0)).ShouldBe(0);
    }

    [Fact]
    public void APreferredNodeIsLeftWhenItIsFull()
    {
        using Guest guest = FourNodes();
        Policy(MemPolicyMode.Preferred, 0b1000, out MemPolicy policy);
        guest.Pages.TaskPolicy = policy;
        int[] nodes = [.. Enumerable.Range(0, 9000).Select(_ => NodeOf(guest, guest.Pages.AllocPages(User, 0)))];
        nodes[0].ShouldBe(3);
        nodes[^1].ShouldNotBe(3);
        nodes.SkipWhile(node => node == 3).ShouldNotContain(3);
    }

    [Fact]
    public void ManyPreferredNodesComeBeforeTheOthers()
    {
        using Guest guest = FourNodes();
        Policy(MemPolicyMode.PreferredMany, 0b1010, out MemPolicy policy);
        int[] nodes = [.. Enumerable.Range(0, 16_000).Select(_ => NodeOf(guest, guest.Pages.AllocPagesVma(User, 0, policy, 0)))];
        nodes[..14_000].ShouldAllBe(node => node == 1 || node == 3);
        nodes[^1].ShouldBe(0);
    }

    [Fact]
    public void MemoryForOldDevicesIsNotBoundByThePolicy()
    {
        using Guest guest = FourNodes();
        Policy(MemPolicyMode.Bind, 0b0100, out MemPolicy policy);
        guest.Pages.TaskPolicy = policy;
        NodeOf(guest, guest.Pages.AllocPages(Gfp.Kernel | Gfp.Dma, 0)).ShouldBe(0);
    }

    [Theory]
    [InlineData(MemPolicyMode.Bind, 0, false)]
    [InlineData(MemPolicyMode.Bind, 0b10000, false)]
    [InlineData(MemPolicyMode.Default, 1, false)]
    [InlineData(MemPolicyMode.Preferred, 0, true)]
    [InlineData((MemPolicyMode)7, 1, false)]
    [InlineData(MemPolicyMode.Interleave, 0b10010, true)]
    public void APolicyNeedsNodesThatHaveMemory(MemPolicyMode mode, ulong nodes, bool valid) =>
        MemPolicy.TryCreate(mode, nodes, 0b1111, out _).ShouldBe(valid);

    private static Guest FourNodes() => new(MemoryLayout.I440fx([32UL << 20, 32UL << 20, 32UL << 20, 32UL << 20], 4), new KernelVersion(6, 18));

    private static void Policy(MemPolicyMode mode, ulong nodes, out MemPolicy policy) =>
        MemPolicy.TryCreate(mode, nodes, 0b1111, out policy).ShouldBeTrue();

    private static int NodeOf(Guest guest, uint pfn)
    {
        pfn.ShouldNotBe(0u);
        return guest.Zones[guest.Pages.ZoneOf(pfn)].Node;
    }
}
