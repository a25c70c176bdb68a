using Pagewise.Malloc;
using Pagewise.Replay.Heap;

namespace Pagewise.Replay.Tests.Heap;

public class HeapAnatomyTests
{
    public static TheoryData<string> Recordings => HeapOracleTests.Recordings;

    [Theory]
    [MemberData(nameof(Recordings))]
    public void EveryByteAndEveryResidentPageHasOneCause(string file)
    {
        HeapScript script = HeapScript.Read(Path.Combine(HeapOracle.Folder, "heap", file));
        using var replayer = HeapReplayer.Create(script, new HeapReplayOptions());
        foreach (long position in (long[])[1, script.Count / 3, script.Count])
        {
            replayer.AdvanceTo(position);
            HeapTotals totals = replayer.Totals;
            HeapAnatomy anatomy = HeapAnatomy.Of(replayer.TakeSnapshot());
            MallInfo info = replayer.Mallinfo2();
            HeapSpace space = anatomy.Space;

            (space.Requested + space.Headers + space.Rounding + space.PageEnds + space.Free + space.Top + space.Own).ShouldBe(space.SystemBytes);
            space.Requested.ShouldBe(totals.LiveBytes);
            space.FastBins.ShouldBe(info.FsmBlks);
            (space.FastBins + space.UnsortedBin + space.SmallBins + space.LargeBins + space.Top).ShouldBe(info.FordBlks);
            space.SystemBytes.ShouldBe(info.Arena + info.HBlkHd);
            ((ulong)anatomy.Residence.Pages * 4096).ShouldBe(totals.ResidentBytes);
            anatomy.Pins.Sum(pin => (double)pin.FreeBytes).ShouldBeInRange(
                anatomy.Residence.PinnedFreeBytes - (double)totals.LiveBlocks, anatomy.Residence.PinnedFreeBytes);
        }
    }

    [Fact]
    public void ABlockBesideFreedOnesPinsTheirPages()
    {
        // 40 blocks of 1,000 bytes; all but one in the middle freed, without a tcache to hold them.
        var text = new System.Text.StringBuilder("# malloc trace 1\n# GLIBC_TUNABLES=glibc.malloc.tcache_count=0\n");
        for (int i = 0; i < 40; i++)
            text.Append($"[1] malloc(1000) = 0x{0x1000 + (i * 0x1000):x}\n");
        for (int i = 0; i < 40; i++)
            text.Append(i == 20 ? "" : $"[1] free(0x{0x1000 + (i * 0x1000):x}) = <void>\n");
        using var replayer = HeapReplayer.Create(Scripts.Of(text.ToString()), new HeapReplayOptions());
        replayer.Run();
        HeapAnatomy anatomy = HeapAnatomy.Of(replayer.TakeSnapshot());

        HeapPin pin = anatomy.Pins.ShouldHaveSingleItem();
        replayer.Script.Describe(pin.Block.Step).ShouldBe("malloc(1000)");
        replayer.Script.CallOfStep(pin.Block.Step).ShouldBe(21);
        pin.Pages.ShouldBe(anatomy.Residence.PinnedPages);
        anatomy.Residence.PinnedPages.ShouldBe(1, "the block lies 656 + 20 * 1008 bytes into the heap, on its sixth page");
        anatomy.Residence.PinnedFreeBytes.ShouldBe(4096 - 1008UL);
        HeapCeiling ceiling = anatomy.Ceilings.ShouldHaveSingleItem();
        ceiling.Block!.Value.Step.ShouldBe(20);
        ceiling.FreeBytesBelow.ShouldBe(20 * 1008UL);
        replayer.MallocTrim(0).ShouldBe(1);
        HeapAnatomy.Of(replayer.TakeSnapshot()).Residence.FreePages.ShouldBeLessThanOrEqualTo(1);
    }
}
