using Pagewise.Cli.Tests;
using Pagewise.Kernel.Lru;
using Pagewise.Replay;
using Pagewise.Replay.Heap;
using Pagewise.Reports.Run;
using Pagewise.Reports.Snapshots;
using Pagewise.Workloads;

namespace Pagewise.Reports.Tests.Snapshots;

public sealed class MachineSnapshotTests
{
    private static readonly ulong Small = 7UL << 20;

    [Fact]
    public void EveryFrameAndEveryPageIsInItOnce()
    {
        List<MachineSnapshot> taken = [];
        _ = Report("python3.pgw", replayer => taken.Add(MachineSnapshotBuilder.Of(replayer, "time", SnapshotBudget.Large)));
        taken.Count.ShouldBeGreaterThan(3);
        foreach (MachineSnapshot snapshot in taken)
        {
            snapshot.Frames.CellPages.ShouldBe(1);
            snapshot.Frames.Count.Sum().ShouldBe(snapshot.Zones.Sum(zone => zone.Spanned));
            snapshot.Zones.ShouldAllBe(zone => zone.Frames.Sum() == zone.Spanned);
            snapshot.Zones.ShouldAllBe(zone => zone.Frames[(int)FrameKind.Free] == zone.FreeBlocks.Values.Sum(blocks => blocks.Select((count, order) => count << order).Sum()));
            foreach (SpaceSnapshot space in snapshot.Spaces)
            {
                space.Pages.CellPages.ShouldBe(1);
                space.Vmas.Sum(vma => vma.SwappedPages).ShouldBe(space.SwappedPages);
                space.Pages.Count.Sum().ShouldBe(space.Vmas.Sum(vma => vma.ResidentPages + vma.SwappedPages));
                // The zero page and the kernel's own pages are mapped without counting.
                Pages(space, kind => kind is not (PageKind.Swapped or PageKind.Zero or PageKind.Special)).ShouldBe(space.ResidentPages);
                space.Tables.Level.Count(level => level == snapshot.PageTableLevels).ShouldBe(1);
            }

            snapshot.Zones.Sum(zone => zone.Frames[(int)FrameKind.PageTable]).ShouldBe(snapshot.Spaces.Sum(space => space.Tables.Pfn.Count));
        }
    }

    [Theory]
    [InlineData(LruGenCaps.None)]
    [InlineData(LruGenCaps.All)]
    public void ListsHaveTheirPages(LruGenCaps gens)
    {
        int looks = 0;
        _ = Report("python3.pgw", replayer =>
        {
            MachineSnapshot snapshot = MachineSnapshotBuilder.Of(replayer, "time", SnapshotBudget.Large);
            foreach (LruList list in (LruList[])[LruList.InactiveAnon, LruList.ActiveAnon, LruList.InactiveFile, LruList.ActiveFile])
            {
                long pages = 0;
                for (int run = 0; run < snapshot.Frames.Start.Count; run++)
                {
                    int kind = snapshot.Frames.Kind[run];
                    pages += (kind & 15) != (int)FrameKind.Free && kind >> 4 == (int)list + 1 ? snapshot.Frames.Count[run] : 0;
                }

                pages.ShouldBe(replayer.Machine.Lru.Pages(list), $"{list} at line {replayer.Line}");
            }

            looks++;
        }, gens);
        looks.ShouldBeGreaterThan(3);
    }

    [Theory]
    [InlineData("python3.pgw")]
    [InlineData("heap/stress-tiny-1.txt.zst")]
    public void LookingChangesNothing(string example)
    {
        RunReport looked = Report(example, replayer => _ = MachineSnapshotBuilder.Of(replayer, "time", SnapshotBudget.Small));
        RunReportJson.Write(looked).ShouldBe(RunReportJson.Write(Report(example, _ => { })));
    }

    [Fact]
    public void ASnapshotOfAHeapHasItsChunks()
    {
        List<MachineSnapshot> taken = [];
        _ = Report("heap/stress-tiny-1.txt.zst", replayer => taken.Add(MachineSnapshotBuilder.Of(replayer, "time", SnapshotBudget.Large)));
        HeapChunks heap = taken.SelectMany(snapshot => snapshot.Spaces).Select(space => space.Heap).Last(heap => heap is { Calls: > 0 })!;
        heap.Address.Count.ShouldBeGreaterThan(10);
        heap.State.ShouldContain((int)Pagewise.Malloc.HeapChunkState.Top);
    }

    [Fact]
    public void JsonReadsBack()
    {
        MachineSnapshot? taken = null;
        _ = Report("python3.pgw", replayer => taken ??= replayer.Tasks.Count > 0 ? MachineSnapshotBuilder.Of(replayer, "time", SnapshotBudget.Small) : null);
        byte[] json = MachineSnapshotJson.Write(taken!);
        MachineSnapshotJson.Write(MachineSnapshotJson.Read(json)).ShouldBe(json);
    }

    private static long Pages(SpaceSnapshot space, Func<PageKind, bool> wanted)
    {
        long pages = 0;
        for (int run = 0; run < space.Pages.Start.Count; run++)
            pages += wanted((PageKind)(space.Pages.Kind[run] & 15)) ? space.Pages.Count[run] : 0;
        return pages;
    }

    private static RunReport Report(string example, Action<Replayer> look, LruGenCaps gens = LruGenCaps.None)
    {
        string file = example.EndsWith(".zst", StringComparison.Ordinal) ? Path.Combine(Checkout.Oracle, example) : Checkout.Example(example);
        using RecordingReader reader = RecordingReader.Open(file);
        TouchAssumption touch = reader.IsHeap ? TouchAssumption.Write : TouchAssumption.None;
        var options = new ReplayOptions { Touch = touch, DifferenceLimit = 0, Configure = spec => spec with { MemoryBytes = Small, SwapBytes = 1UL << 30, LruGen = gens } };
        using var replayer = new Replayer(reader, options);
        var builder = new RunReportBuilder();
        replayer.Observer = new Looker(builder, look);
        replayer.HeapPlayer = new TaskHeap(file, touch);
        replayer.Run();
        return builder.Build(replayer, reader, touch);
    }

    private sealed class Looker(RunReportBuilder builder, Action<Replayer> look) : IReplayObserver
    {
        public void SpaceEnding(Replayer replayer, ReplayTask task)
        {
            look(replayer);
            builder.SpaceEnding(replayer, task);
        }

        public void BatchDone(Replayer replayer) => look(replayer);
    }
}
