using Pagewise.Abi;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Procfs;

namespace Pagewise.Kernel.Tests.PageAllocator;

/// <summary>Every event of the page allocator while the guest touched 2048 pages and unmapped them again.</summary>
public class PageTraceTests
{
    private const string Experiment = "trace_seqtouch_w8";

    /// <summary>
    /// The guest's free lists as the trace shows them: blocks in the order in which they were used. The snapshot before
    /// it counts 69 pages in the per-CPU lists, of which the snapshot itself took 3; 12 of them come out in the trace,
    /// the others only count.
    /// </summary>
    private static readonly AllocatorState Start = new()
    {
        FreeBlocks =
        [
            new(0x47f5, 0, MigrateType.Movable),
            new(0x47f6, 1, MigrateType.Movable),
            new(0x47f8, 3, MigrateType.Movable),
            new(0xff00, 7, MigrateType.Movable),
            new(0x3200, 8, MigrateType.Movable),
            new(0x3100, 8, MigrateType.Movable),
            new(0x4300, 8, MigrateType.Movable),
            new(0xfe00, 8, MigrateType.Movable),
            .. Enumerable.Range(0, 33).Select(block => new FreeBlock(0x6c00 + ((uint)block << 10), 10, MigrateType.Movable)),
        ],
        PcpBlocks =
        [
            .. from pfn in (uint[])[0x6abf, 0x6ad1, 0x6acd, 0x6164, 0x6ad3, 0x6165, 0x61de, 0x6ac1, 0x6aba, 0x6ab8, 0x6abc]
                select new PcpBlock(0, new FreeBlock(pfn, 0, MigrateType.Unmovable)),
            new(0, new FreeBlock(0x47f4, 0, MigrateType.Movable)),
            .. Enumerable.Range(0, 54).Select(page => new PcpBlock(0, new FreeBlock(0x5000u + (uint)(2 * page), 0, MigrateType.Reclaimable))),
        ],
    };

    /// <summary>The guest's zones; boot's 14217 reserved frames stand where no block of the trace does.</summary>
    private static readonly MemoryLayout Layout = new(
        MemoryLayout.DealNodes(1, 1),
        [new(0, new(1, 0x9f)), new(0, new(0x100, 0xffe0))],
        [new(1, 0x9f), new(0x1000, 0x3100), new(0x4800, 0x4f00), new(0x5100, 0x5100 + 3977)]);

    [Fact]
    public void EveryEventIsTheRecordedOneInItsOrder()
    {
        List<string> recorded = RecordedPageTrace.Read($"guest/{Experiment}/trace.txt.xz");
        using Guest guest = Guest.Of(Experiment, Start, Layout);
        guest.Pages.Validate();
        var trace = new PageTraceWriter();
        guest.Pages.Tracepoints = trace;
        for (int next = 0; next < recorded.Count; next = trace.Events.Count)
        {
            Drive(guest.Pages, recorded, next);
            for (int i = next; i < trace.Events.Count; i++)
            {
                if (i >= recorded.Count || trace.Events[i] != recorded[i])
                    trace.Events[i].ShouldBe(i < recorded.Count ? recorded[i] : "nothing", $"event {i}");
            }
        }

        trace.Events.Count.ShouldBe(12056 - 2048);
        guest.Pages.Validate();
    }

    /// <summary>The same by the way that a program takes: faults, then munmap with its mmu_gather. The trace's first fault makes three tables.</summary>
    [Fact]
    public void AMachineMakesEveryRecordedEventWhenAProgramTouchesAndUnmaps()
    {
        const ulong start = 0x2000_0000_0000;
        const ulong end = start + (8 << 20);
        List<string> recorded = RecordedPageTrace.Read($"guest/{Experiment}/trace.txt.xz");
        Zoneinfo before = Zoneinfos.Read($"guest/{Experiment}/before.zoneinfo");
        using Machine machine = Machine.Create(new MachineSpec
        {
            Kernel = new KernelVersion(6, 1),
            PageAllocator = Zoneinfos.Sysctls(Experiment),
            Thp = ThpMode.Never,
            Memory = new MemorySnapshot(Layout, Start)
            {
                Marks = [.. before.Zones.Where(zone => zone.StartPfn is not null)
                    .Select(zone => new BootMarks(zone.Node, Zoneinfos.TypeOf(zone), zone.Min, zone.Low, zone.High, zone.Pagesets[0].Batch, zone.Pagesets[0].High))],
            },
        });
        TestSpace space = new(machine);
        int area = space.Map(start, (end - start) >> 12);
        machine.Allocator.TakesUsedFrames = false;
        var trace = new PageTraceWriter();
        machine.Allocator.Tracepoints = trace;

        for (ulong address = start; address < end; address += 4096)
            space.Write(address).IsResolved.ShouldBeTrue();
        machine.PageTables.BeginUnmap(space.Mm);
        machine.PageTables.Zap(area, start, end, keepMarkers: false);
        machine.PageTables.FreeTables(space.Mm, start, end, 0, 0);
        machine.PageTables.FinishUnmap();

        List<string> events = [.. recorded.Where(line => !line.StartsWith("page_fault", StringComparison.Ordinal))];
        for (int i = 0; i < events.Count; i++)
            trace.Events[i].ShouldBe(events[i], $"event {i}");
        trace.Events.Count.ShouldBe(events.Count);
    }

    /// <summary>
    /// How many frees come in a row before they reach the lists, as 6.1's trace and a live 6.18 show it for 600 pages:
    /// eight and a frame of notes, each reversed; seven and 509 with two words for each note, in batches of 31 in order,
    /// but for the last 11, which wait for an LRU list until 31 do.
    /// </summary>
    [Theory]
    [InlineData(1, new[] { 8, 510, 82 }, false)]
    [InlineData(18, new[] { 7, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 13, 31, 31, 11 }, true)]
    public void PagesOfAnUnmappingComeBackInTheBatchesOfTheRelease(int minor, int[] batches, bool isInOrder)
    {
        const ulong start = 0x2000_0000_0000;
        const ulong end = start + (600 << 12);
        using Machine machine = Machine.Create(new MachineSpec { Kernel = new KernelVersion(6, minor), MemoryBytes = 64 << 20, Thp = ThpMode.Never });
        TestSpace space = new(machine);
        int area = space.Map(start, 600);
        var taken = new List<uint>();
        for (ulong address = start; address < end; address += 4096)
        {
            space.Write(address).IsResolved.ShouldBeTrue();
            taken.Add(machine.FindFrame(space.Mm, address));
        }

        var trace = new PageTraceWriter();
        machine.Allocator.Tracepoints = trace;
        machine.PageTables.Zap(area, start, end, keepMarkers: true);

        List<List<uint>> rows = [];
        foreach (string line in trace.Events)
        {
            if (line.Is("mm_page_free") && taken.Contains(line.Pfn()))
            {
                if (rows.Count == 0 || rows[^1].Contains(0))
                    rows.Add([]);
                rows[^1].Add(line.Pfn());
            }
            else if (line.Is("mm_page_free_batched") && rows[^1][^1] != 0)
            {
                rows[^1].Add(0);
            }
        }

        rows.ForEach(row => row.RemoveAll(pfn => pfn == 0));
        rows.Select(row => row.Count).ShouldBe(batches);
        if (!isInOrder)
            rows.ForEach(row => row.Reverse());
        rows.SelectMany(row => row).ShouldBe(taken[..batches.Sum()]);
        trace.Events.Count(line => line.Is("mm_page_alloc")).ShouldBe(2, "frames of notes");
    }

    /// <summary>Makes the call that the recorded events from one on came of.</summary>
    private static void Drive(BuddyAllocator pages, List<string> recorded, int next)
    {
        if (!recorded[next].Is("mm_page_free"))
        {
            string request = recorded.Skip(next).First(line => line.Is("mm_page_alloc"));
            pages.AllocPages(request.Gfp(), request.Order()).ShouldBe(request.Pfn());
            return;
        }

        List<string> freed = [.. recorded.Skip(next).TakeWhile(line => line.Is("mm_page_free"))];
        if (next + freed.Count < recorded.Count && recorded[next + freed.Count].Is("mm_page_free_batched"))
            pages.FreePagesList([.. freed.Select(line => line.Pfn())]);
        else
            pages.FreePages(freed[0].Pfn(), freed[0].Order());
    }
}
