using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Tasks;
using Pagewise.Procfs.Oom;
using Pagewise.Replay;
using Pagewise.Reports.Oom;
using Pagewise.Reports.Series;
using Pagewise.Workloads;

namespace Pagewise.Reports.Run;

/// <summary>Watches a replay and makes the report of it: address spaces as they end, the machine at the end.</summary>
public sealed class RunReportBuilder : IReplayObserver
{
    private readonly List<ProcessFacts> _processes = [];
    private readonly Action<Replayer>? _progress;
    private List<FrameUse> _frames = [];
    private List<CgroupFacts>? _cgroups;
    private ulong _swapUsedBytes;

    /// <summary>Who samples memory over time; null: no one does.</summary>
    public MemorySampler? Sampler { get; init; }

    /// <summary>A report of a replay that begins.</summary>
    /// <param name="progress">Told after each batch of events; null where nobody looks.</param>
    public RunReportBuilder(Action<Replayer>? progress = null) => _progress = progress;

    /// <inheritdoc/>
    public void BatchDone(Replayer replayer) => _progress?.Invoke(replayer);

    /// <inheritdoc/>
    public void SpaceEnding(Replayer replayer, ReplayTask task)
    {
        Machine machine = replayer.Machine;
        Sampler?.LookNow();
        _frames = FramesOf(machine);
        _swapUsedBytes = (ulong)machine.Swap.UsedPages << 12;
        _cgroups = CgroupFacts.Of(machine);
        TaskStruct thread = machine.Tasks.Tasks[task.Task];
        TaskStruct leader = machine.Tasks.Tasks[thread.GroupLeader];
        MmStruct mm = machine.AddressSpaces.Mms[thread.Mm];
        _processes.Add(new ProcessFacts
        {
            Pid = leader.Pid,
            Comm = machine.Tasks.CommOf(task.Task),
            Program = task.Space.Program,
            StartBrk = mm.StartBrk,
            Brk = mm.Brk,
            SizeBytes = mm.TotalVm << 12,
            PeakSizeBytes = Math.Max(mm.HiwaterVm, mm.TotalVm) << 12,
            ResidentBytes = (ulong)mm.Rss.Total << 12,
            PeakResidentBytes = (ulong)Math.Max(mm.HiwaterRss, mm.Rss.Total) << 12,
            Segments = Segmentation.Of(machine, thread.Mm),
            Faults = FaultsOf(leader, mm.Faults),
            SystemCalls = CallsOf(task.Space.Calls),
            PageTables = PageTablesOf(machine, thread.Mm),
            Translation = TranslationOf(machine, task.Space.Translation),
        });
    }

    /// <summary>The report, once the replay has ended.</summary>
    public RunReport Build(Replayer replayer, RecordingReader reader, TouchAssumption touch) => new()
    {
        Recording = new RecordingFacts
        {
            File = reader.File,
            Format = reader.Format.ToString().ToLowerInvariant(),
            IsHeap = reader.IsHeap,
            Events = replayer.Events,
            Accesses = replayer.Accesses,
            AssumedAccesses = replayer.AssumedAccesses,
            Touch = replayer.HasAccesses ? "recorded" : touch.ToString().ToLowerInvariant(),
            ResultsCompared = replayer.Log.Results,
            ResultsDifferent = replayer.Log.DifferenceCount,
            UnexpectedSignals = replayer.UnexpectedSignals,
            CallsPassedOver = replayer.PassedOver,
            Warnings = [.. replayer.Warnings.Select(warning => new CountedName(warning.Key, warning.Value))],
            UnknownCalls = [.. reader.UnknownCalls.Select(call => new CountedName(call.Key, call.Value))],
        },
        Machine = MachineOf(replayer.Machine, _frames, _swapUsedBytes),
        Processes = _processes,
        Cgroups = _cgroups,
        OomKills = OomKillsOf(replayer),
        MemorySeries = Sampler?.Series(),
    };

    private static OomAnswer[]? OomKillsOf(Replayer replayer)
    {
        IReadOnlyList<OomReport> reports = OomReportReader.Read(replayer.KernelLog.Lines);
        return reports.Count == 0 ? null : [.. reports.Select(report => OomAnswerBuilder.Of(report, $"the modelled kernel's log, line {report.FirstLine}", []))];
    }

    private static FaultFacts FaultsOf(TaskStruct leader, FaultCounters faults) => new()
    {
        Minor = leader.MinorFaults,
        Major = leader.MajorFaults,
        Anonymous = faults.Anonymous,
        ZeroPage = faults.ZeroPage,
        Huge = faults.Huge,
        File = faults.File,
        FaultAroundPages = faults.FaultAround,
        CopyOnWrite = faults.CopyOnWrite,
        WriteReuse = faults.WriteReuse,
        SwapIn = faults.SwapIn,
        Spurious = faults.Spurious,
        StackGrowth = faults.StackGrowth,
        SegvMapErr = faults.SegvMapErr,
        SegvAccErr = faults.SegvAccErr,
        Bus = faults.Bus,
    };

    private static List<CallFacts> CallsOf(CallCounts counts)
    {
        var calls = new List<CallFacts>();
        foreach (KeyValuePair<Sysno, (long Calls, long Errors)> call in counts.All)
            calls.Add(new CallFacts(SysnoName(call.Key), call.Value.Calls, call.Value.Errors));
        calls.Sort((left, right) => left.Calls != right.Calls
            ? right.Calls.CompareTo(left.Calls)
            : string.CompareOrdinal(left.Name, right.Name));
        return calls;
    }

    // Linux's name: ExitGroup is exit_group, Pread64 is pread64.
    private static string SysnoName(Sysno call)
    {
        var text = new System.Text.StringBuilder();
        foreach (char letter in call.ToString())
        {
            if (char.IsAsciiLetterUpper(letter) && text.Length > 0)
                text.Append('_');
            text.Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }

    private static PageTableFacts PageTablesOf(Machine machine, int mm)
    {
        PageTableCensus census = machine.Census(mm, 0, machine.AddressSpaces.Mms[mm].TaskSize);
        int levels = machine.PageTableLevels;
        var facts = new List<PageTableLevelFacts>();
        ulong bytes = 0;
        for (int level = levels; level >= 1; level--)
        {
            ulong size = (ulong)census.Tables[level] << 12;
            bytes += size;
            facts.Add(new PageTableLevelFacts(LevelName(level, levels), census.Tables[level], census.Entries[level], size));
        }

        ulong pages = machine.AddressSpaces.Mms[mm].TaskSize >> 12;
        // A flat table has an entry for each page that user space could have.
        ulong flat = ulong.IsPow2(pages) ? pages : 1UL << (64 - int.CreateChecked(ulong.LeadingZeroCount(pages)));
        return new PageTableFacts { Levels = facts, Bytes = bytes, FlatBytes = flat * (ulong)machine.PageTableEntryBytes };
    }

    internal static string LevelName(int level, int levels) =>
        level == levels ? "pgd" : level switch { 1 => "pte", 2 => "pmd", 3 => "pud", _ => "p4d" };

    private static TranslationFacts TranslationOf(Machine machine, TlbCounters done) => new()
    {
        Accesses = done.L1DataHits + done.L1InstructionHits + done.L2Hits + done.Walks - done.FaultingWalks,
        L1DataHits = done.L1DataHits,
        L1InstructionHits = done.L1InstructionHits,
        L2Hits = done.L2Hits,
        Walks = done.Walks,
        FaultingWalks = done.FaultingWalks,
        WalkCacheHits = done.WalkCacheHits.Total,
        EntriesRead = done.EntriesRead.Total,
        InvalidatedPages = done.InvalidatedPages,
        Flushes = done.FlushedSpaces + done.FullFlushes,
        Shootdowns = done.ShootdownsReceived,
        TimeNs = machine.Clock.TranslationNs(done),
    };

    private static MachineFacts MachineOf(Machine machine, List<FrameUse> frames, ulong swapUsedBytes)
    {
        MachineSpec spec = machine.Spec;
        TlbCounters done = machine.TotalTlbCounters();
        return new MachineFacts
        {
            Kernel = spec.Kernel.ToString(),
            MemoryBytes = spec.MemoryBytes,
            SwapBytes = spec.SwapBytes,
            Cpus = spec.Cpus,
            Cpu = spec.Cpu,
            PageTables = spec.Format switch
            {
                PageTableFormat.X86_64 => "x86-64",
                PageTableFormat.X86_64_5Level => "x86-64-5level",
                PageTableFormat.X86_32 => "x86-32",
                _ => "x86-pae",
            },
            Thp = spec.Thp.ToString().ToLowerInvariant(),
            RandomizeVaSpace = spec.RandomizeVaSpace,
            Seed = spec.Seed,
            OvercommitMemory = spec.OvercommitMemory,
            Frames = frames,
            FramesHandedOut = machine.VmStat.PgAlloc,
            TimeNs = machine.NowNs,
            Time =
            [
                new TimeCause("translation", machine.Clock.TranslationNs(done)),
                new TimeCause("TLB flushes and switches", machine.Clock.FlushNs(done)),
                new TimeCause("page faults", machine.Clock.FaultsNs),
                new TimeCause("system calls", machine.Clock.SystemCallsNs),
                new TimeCause("page cache and writeback", machine.Clock.FilesNs),
                new TimeCause("reclaim and swap", machine.Clock.ReclaimNs),
                new TimeCause("waiting for devices and timers", machine.Clock.WaitedNs),
            ],
            Pressure = PressureFacts.Of(machine, swapUsedBytes),
            Translation = TranslationOf(machine, done),
        };
    }

    private static List<FrameUse> FramesOf(Machine machine)
    {
        long free = (long)machine.Allocator.FreePageCount;
        long anonymous = machine.VmStat.NrAnonPages, shmem = machine.VmStat.NrShmem;
        // nr_file_pages counts the swap cache; most of its pages are mapped as well.
        long cached = machine.Swap.CountUnmappedCached();
        long files = machine.VmStat.NrFilePages - machine.VmStat.NrSwapCached - shmem, tables = machine.VmStat.PageTableFrames;
        long slabs = machine.VmStat.NrSlabReclaimable + machine.VmStat.NrSlabUnreclaimable, stacks = machine.VmStat.NrKernelStack >> 2;
        long other = (long)machine.Allocator.TotalPages - free - anonymous - cached - shmem - files - tables - slabs - stacks;
        return
        [
            Use("free", free), Use("anonymous", anonymous), Use("swap cache, unmapped", cached), Use("file", files), Use("shmem", shmem),
            Use("page tables", tables), Use("slab", slabs), Use("kernel stacks", stacks), Use("other", other),
        ];

        static FrameUse Use(string name, long frames) => new(name, frames, (ulong)frames << 12);
    }
}
