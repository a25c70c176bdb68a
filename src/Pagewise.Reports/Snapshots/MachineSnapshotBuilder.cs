using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Tasks;
using Pagewise.Malloc;
using Pagewise.Procfs;
using Pagewise.Replay;

namespace Pagewise.Reports.Snapshots;

/// <summary>Takes snapshots of a machine without changing it.</summary>
public static class MachineSnapshotBuilder
{
    private const int KindMask = 15;

    /// <summary>The machine of a replay as it stands.</summary>
    /// <param name="replayer">The replay.</param>
    /// <param name="reason">Why: "time", "oom" or "end".</param>
    /// <param name="budget">How much is kept.</param>
    public static MachineSnapshot Of(Replayer replayer, string reason, SnapshotBudget budget)
    {
        ArgumentNullException.ThrowIfNull(replayer);
        ArgumentNullException.ThrowIfNull(budget);
        Machine machine = replayer.Machine;
        var zones = new List<ZoneSnapshot>();
        var frames = new Runs();
        for (int index = 0; index < machine.Zones.ZoneCount; index++)
        {
            if (machine.Zones[index].IsPopulated)
                zones.Add(ZoneOf(machine, index, frames));
        }

        return new MachineSnapshot
        {
            TimeNs = machine.NowNs,
            Line = replayer.Line,
            Reason = reason,
            PageTableLevels = machine.PageTableLevels,
            PageTableEntryBytes = machine.PageTableEntryBytes,
            Spaces = SpacesOf(replayer, budget),
            Zones = zones,
            Frames = frames.Within(budget.FrameRuns, kind => (kind & KindMask) == (int)FrameKind.Free ? (int)FrameKind.Free : kind),
        };
    }

    private static List<SpaceSnapshot> SpacesOf(Replayer replayer, SnapshotBudget budget)
    {
        Machine machine = replayer.Machine;
        var tasks = new List<int>();
        var seen = new HashSet<int>();
        for (int task = 1; task < machine.Tasks.Tasks.HighWater; task++)
        {
            ref TaskStruct thread = ref machine.Tasks.Tasks[task];
            if (thread.Mm != 0 && !thread.HasExited && seen.Add(thread.Mm))
                tasks.Add(task);
        }

        var spaces = new List<SpaceSnapshot>();
        foreach (int task in tasks.OrderByDescending(task => machine.AddressSpaces.Mms[machine.Tasks.Tasks[task].Mm].Rss.Total).ThenBy(task => task))
            spaces.Add(SpaceOf(replayer, task, budget, spaces.Count < budget.Spaces));
        return spaces;
    }

    private static SpaceSnapshot SpaceOf(Replayer replayer, int task, SnapshotBudget budget, bool withPages)
    {
        Machine machine = replayer.Machine;
        TaskStruct thread = machine.Tasks.Tasks[task];
        MmStruct mm = machine.AddressSpaces.Mms[thread.Mm];
        var vmas = new List<VmaSnapshot>();
        var pages = new Runs();
        var mapped = new List<MappedRun>();
        for (int vma = mm.Mmap; vma != 0; vma = machine.AddressSpaces.Vmas[vma].Next)
        {
            MapsLine line = MapsFile.Line(machine, vma);
            long resident = 0, swapped = 0;
            mapped.Clear();
            if (withPages)
                machine.ReadMappings(thread.Mm, line.Start, line.End, mapped);
            foreach (MappedRun run in mapped)
            {
                if (run.IsSwapped)
                    swapped += (long)run.Pages;
                else
                    resident += (long)run.Pages;
                AddPages(machine, run, pages);
            }

            vmas.Add(new VmaSnapshot((long)(line.Start >> Pfn.Shift), (long)(line.LengthBytes >> Pfn.Shift), line.Permissions,
                (long)(line.OffsetBytes >> Pfn.Shift), line.Name, resident, swapped));
        }

        return new SpaceSnapshot
        {
            Pid = thread.Tgid,
            Comm = machine.Tasks.CommOf(task),
            ResidentPages = mm.Rss.Total,
            SwappedPages = mm.Rss.SwapEntries,
            StartBrk = mm.StartBrk,
            Brk = mm.Brk,
            Vmas = vmas,
            Pages = pages.Within(budget.PageRuns, kind => kind & KindMask),
            Tables = withPages ? TablesOf(machine, thread.Mm, budget.Tables) : new TableSnapshot(),
            Heap = replayer.HeapPlayer is { } heap && heap.Mm == thread.Mm ? ChunksOf(heap, budget.Chunks) : null,
        };
    }

    private static void AddPages(Machine machine, in MappedRun run, Runs pages)
    {
        long start = (long)(run.Start >> Pfn.Shift);
        if (run.IsSwapped)
        {
            pages.Add(start, (long)run.Pages, (int)PageKind.Swapped, run.Pfn);
            return;
        }

        int bits = Bits(run);
        uint end = run.Pfn + (uint)run.Pages;
        for (uint pfn = run.Pfn, next; pfn < end; pfn = next)
        {
            next = EndOfAlike(machine.MemMap, pfn, end);
            pages.Add(start + pfn - run.Pfn, next - pfn, (int)KindOf(machine.MemMap, run, pfn) | bits, pfn);
        }
    }

    /// <summary>
    /// Where the frames end that have the flags of the first and so are of one kind: most neighbours are alike, and looking at
    /// each costs a run that is kept much. Tails with the same flags are of one huge page, for a head is between two.
    /// </summary>
    private static uint EndOfAlike(MemMap memMap, uint pfn, uint end)
    {
        PageFlags flags = memMap[pfn].Flags;
        uint next = pfn + 1;
        while (next < end && memMap[next].Flags == flags)
            next++;
        return next;
    }

    private static int Bits(in MappedRun run) =>
        ((run.Bits & PteBits.Write) != 0 ? 16 : 0) | ((run.Bits & PteBits.Accessed) != 0 ? 32 : 0) | ((run.Bits & PteBits.Dirty) != 0 ? 64 : 0)
        | ((run.Bits & PteBits.NoExecute) == 0 ? 128 : 0) | ((run.Bits & PteBits.Present) == 0 ? 256 : 0)
        | (run.Level == 2 ? 512 : 0) | (run.Level > 2 ? 1024 : 0);

    private static PageKind KindOf(MemMap memMap, in MappedRun run, uint pfn)
    {
        ref PageFrame frame = ref memMap[pfn];
        PageFlags flags = frame.Flags;
        if ((flags & PageFlags.Zero) != 0)
            return PageKind.Zero;
        if ((flags & PageFlags.Anon) != 0)
        {
            // Of a huge page the head knows whose it is.
            bool isExclusive = ((flags | memMap[memMap.Head(pfn)].Flags) & PageFlags.AnonExclusive) != 0;
            return !isExclusive && (run.Bits & PteBits.Write) == 0 ? PageKind.CopyOnWrite : run.Level > 1 ? PageKind.Huge : PageKind.Anonymous;
        }

        if ((flags & PageFlags.PageCache) != 0)
            return (flags & PageFlags.SwapBacked) != 0 ? PageKind.Shmem : PageKind.File;
        return PageKind.Special;
    }

    private static TableSnapshot TablesOf(Machine machine, int mm, int most)
    {
        IReadOnlyList<PageTableFrame> tables = machine.ReadTables(mm);
        var columns = new TableSnapshot();
        if (tables.Count > most)
            return columns;
        foreach (PageTableFrame table in tables)
        {
            columns.Level.Add(table.Level);
            columns.Pfn.Add(table.Pfn);
            columns.Page.Add((long)(table.Covers >> Pfn.Shift));
        }

        return columns;
    }

    private static HeapChunks ChunksOf(IHeapPlayer heap, int most)
    {
        var chunks = new HeapChunks { Calls = heap.Calls };
        var arenas = new Dictionary<ulong, int>();
        ulong next = 0;
        foreach (HeapChunk chunk in heap.WalkChunks())
        {
            if (!arenas.TryGetValue(chunk.Arena, out int arena))
                arenas.Add(chunk.Arena, arena = arenas.Count);
            int last = chunks.Address.Count - 1;
            bool continues = last >= 0 && chunk.Address == next && chunks.SizeBytes[last] == chunk.SizeBytes && chunks.State[last] == (int)chunk.State
                && chunks.Bin[last] == chunk.Index && chunks.Arena[last] == arena && chunks.Thread[last] == chunk.Thread;
            next = chunk.Address + chunk.SizeBytes;
            if (continues)
            {
                chunks.Count[last]++;
                continue;
            }

            if (chunks.Address.Count == most)
            {
                chunks.IsCut = true;
                break;
            }

            chunks.Address.Add(chunk.Address);
            chunks.SizeBytes.Add(chunk.SizeBytes);
            chunks.Count.Add(1);
            chunks.State.Add((int)chunk.State);
            chunks.Bin.Add(chunk.Index);
            chunks.Arena.Add(arena);
            chunks.Thread.Add(chunk.Thread);
        }

        return chunks;
    }

    private static ZoneSnapshot ZoneOf(Machine machine, int index, Runs frames)
    {
        Zone zone = machine.Zones[index];
        ZoneFreeCounts counts = machine.Allocator.FreeCounts(index);
        var blocks = new Dictionary<string, IReadOnlyList<long>>();
        for (int type = 0; type < counts.FreeBlocks.Count; type++)
        {
            if (counts.FreeBlocks[type].Any(count => count != 0))
                blocks[((MigrateType)type).Name()] = counts.FreeBlocks[type];
        }

        return new ZoneSnapshot
        {
            Node = zone.Node,
            Name = zone.Type.Name(),
            StartPfn = zone.StartPfn,
            Spanned = zone.SpannedPages,
            Managed = zone.ManagedPages,
            Free = zone.FreePages,
            Min = zone.Watermark[(int)Watermark.Min],
            Low = zone.Watermark[(int)Watermark.Low],
            High = zone.Watermark[(int)Watermark.High],
            FreeBlocks = blocks,
            Frames = FramesOf(machine, zone, frames),
        };
    }

    private static long[] FramesOf(Machine machine, Zone zone, Runs frames)
    {
        long[] totals = new long[(int)FrameKind.Reserved + 1];
        for (uint pfn = zone.StartPfn, next; pfn < zone.EndPfn; pfn = next)
        {
            int order = machine.Allocator.FreeOrder(pfn);
            (FrameKind kind, int list) = order < 0 ? Describe(machine, pfn) : (FrameKind.Free, order);
            // Of generations the flags do not tell which is young.
            next = order >= 0 ? pfn + (1u << order) : machine.Lru.HasGens ? pfn + 1 : EndOfAlike(machine.MemMap, pfn, zone.EndPfn);
            frames.Add(pfn, next - pfn, (int)kind | (list << 4));
            totals[(int)kind] += next - pfn;
        }

        return totals;
    }

    private static (FrameKind Kind, int List) Describe(Machine machine, uint pfn)
    {
        PageFlags flags = machine.MemMap[pfn].Flags;
        if ((flags & PageFlags.Reserved) != 0)
            return (FrameKind.Reserved, 0);
        if ((flags & PageFlags.Table) != 0)
            return (FrameKind.PageTable, 0);
        if ((flags & PageFlags.Slab) != 0)
            return (FrameKind.Slab, 0);
        if ((flags & PageFlags.KernelStack) != 0)
            return (FrameKind.KernelStack, 0);
        // What swap readahead brought is nobody's yet.
        if ((flags & (PageFlags.Anon | PageFlags.SwapCache)) != 0)
            return (FrameKind.Anonymous, ListOf(machine, pfn, 1));
        if ((flags & PageFlags.PageCache) != 0)
            return (flags & PageFlags.SwapBacked) != 0 ? (FrameKind.Shmem, ListOf(machine, pfn, 1)) : (FrameKind.File, ListOf(machine, pfn, 3));
        return ((flags & PageFlags.Allocated) != 0 ? FrameKind.Other : FrameKind.PerCpu, 0);
    }

    // Of a huge page the head stands in the list. A page that MADV_FREE gave up stands in that of files though it is
    // anonymous. Of generations the two youngest count as active.
    private static int ListOf(Machine machine, uint pfn, int inactive)
    {
        uint head = machine.MemMap.Head(pfn);
        PageFlags flags = machine.MemMap[head].Flags;
        if ((flags & PageFlags.Unevictable) != 0)
            return 5;
        if ((flags & PageFlags.Lru) == 0)
            return 0;
        bool isActive = machine.Lru.HasGens ? machine.Lru.IsInYoungGen(head) : (flags & PageFlags.Active) != 0;
        return ((flags & PageFlags.SwapBacked) == 0 ? 3 : inactive) + (isActive ? 1 : 0);
    }
}
