using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.Oom;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Reclaim;
using Pagewise.Kernel.Slab;
using Pagewise.Kernel.Swap;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Kernel;

/// <summary>
/// A modelled computer: hardware, kernel and tasks, one clock and one thread. Programs reach it by system calls and by
/// accesses, nothing else. Deterministic: same spec and inputs, same results.
/// </summary>
public abstract partial class Machine : IDisposable
{
    private readonly PhysicalMemory _memory;
    private readonly Readahead _readahead;

    private protected Machine(MachineSpec spec, CpuPreset preset)
    {
        Spec = spec;
        Preset = preset;
        Clock = new Clock(preset.Costs) { Translations = TimedTlbCounters };
        Events = new EventQueue(Clock);
        BlockDevices = new BlockDevices(Clock, Events, spec.BlockDevices.Count > 0 ? spec.BlockDevices : [AssumedDisk(preset.Costs)]);
        MemoryLayout layout = LayoutOf(spec);
        _memory = new PhysicalMemory(BytesUpTo(layout.MaxPfn));
        MemMap = new MemMap(_memory);
        Zones = new ZoneTable(layout.Zones(), layout.Nodes, spec.Kernel, spec.PageAllocator);
        Allocator = spec.Memory is null
            ? new BuddyAllocator(Zones, layout, MemMap, VmStat)
            : new BuddyAllocator(Zones, layout, MemMap, VmStat, spec.Memory.State);
        // What the machine makes for itself at boot is missing from the snapshot's free blocks already.
        Allocator.TakesUsedFrames = spec.Memory is not null;
        foreach (BootMarks marks in spec.Memory?.Marks ?? [])
            Zones.SetBootMarks(ZoneTable.Index(marks.Node, marks.Type), marks.Min, marks.Low, marks.High, marks.PcpBatch, marks.PcpHigh);
        Caches = new KmemCaches(spec.Kernel, Allocator, MemMap, VmStat, Memcgs);
        Memcgs.HaveCpus(spec.Cpus);
        Memcgs.HaveFrames(MemMap);
        Memcgs.HavePsi(Events.Psi, Clock);
        Allocator.Charges = Memcgs;
        AddressSpaces = new AddressSpaceArenas(Caches);
        Inodes = new InodeTable(Caches);
        Tasks = new TaskTable(Caches);
        Settings = SettingsOf(spec, Allocator.TotalPages);
        Memcgs.HaveZswapWriteback(Settings.Features.HasZswapWriteback, Settings.Features.ZswapWritebackHeedsAncestors);
        Scheduler = new Scheduler(Tasks, Allocator, Memcgs, spec.Cpus);
        Memcgs.NodesWithMemory = Allocator.NodesWithMemory;
        Memcgs.MemsChanged = Scheduler.UpdateMems;
        Inodes.IsWarm = spec.WarmPageCache;
        Lru = new LruLists(MemMap, Allocator, VmStat, Memcgs, spec.LruGen) { Clock = Clock };
        if (Lru.HasGens)
            Scheduler.LruGenMms = AddressSpaces.LruGenMms = new MmList(AddressSpaces, Lru, Zones.NodeCount);
        Swap = new SwapSpace(MemMap, Allocator, Lru, VmStat, Clock, Events, BlockDevices, SwapAreasOf(spec), Settings, spec.PageCluster, spec.HasVmaReadahead, spec.Zswap);
        FilePages = new FilePages(Inodes, MemMap, Allocator, Lru, Swap, Caches, VmStat);
        Shrinkers = new Shrinkers(Memcgs, Zones.NodeCount, VmStat);
        Shrinkers.Register(FilePages.Shadows);
        Shrinkers.Register(FilePages.Super);
        FilePages.Super.VfsCachePressure = spec.VfsCachePressure;
        Memcgs.DrainLru = () =>
        {
            Lru.DrainAll();
            FilePages.Buffers.DropHeld();
        };
        PageReads = new PageReads(FilePages, MemMap, BlockDevices, Events, Clock, VmStat);
        _readahead = new Readahead(Inodes, FilePages, MemMap, PageReads, BlockDevices.SpecOf(0), Settings.Features.TellsMissesFromMarks, (ulong)spec.ReadAheadKb * 1024 / Pfn.SizeBytes);
        Writeback = new Writeback(Inodes, FilePages, MemMap, Allocator, Lru, BlockDevices, Events, Clock, VmStat, spec.Dirty);
        FilePages.Writeback = Writeback;
        Scheduler.Writeback = Writeback;
        Filemap = new Filemap(Inodes, FilePages, MemMap, Lru, _readahead, PageReads, Clock, Settings.Features.DrainsBeforeDroppingCaches);
    }

    /// <summary>What the machine was made from.</summary>
    public MachineSpec Spec { get; }

    /// <summary>The CPU's translation hardware, with the costs that the spec overrides.</summary>
    public CpuPreset Preset { get; }

    /// <summary>Areas and address spaces.</summary>
    public AddressSpaceArenas AddressSpaces { get; }

    /// <summary>Files.</summary>
    public InodeTable Inodes { get; }

    /// <summary>Tasks.</summary>
    public TaskTable Tasks { get; }

    /// <summary>Event counters, /proc/vmstat's.</summary>
    public VmStat VmStat { get; } = new();

    /// <summary>Frames.</summary>
    public MemMap MemMap { get; }

    /// <summary>Nodes, zones, watermarks and per-CPU lists.</summary>
    public ZoneTable Zones { get; }

    /// <summary>Who hands frames out.</summary>
    public BuddyAllocator Allocator { get; }

    /// <summary>The kmem caches, which hold the kernel's own objects.</summary>
    public KmemCaches Caches { get; }

    /// <summary>The kernel's settings and release.</summary>
    public VmSettings Settings { get; }

    /// <summary>Which task runs.</summary>
    public Scheduler Scheduler { get; }

    /// <summary>The memory cgroups.</summary>
    public MemCgroups Memcgs { get; } = new();

    /// <summary>The LRU lists.</summary>
    public LruLists Lru { get; }

    /// <summary>Reclaim of kernel objects.</summary>
    public Shrinkers Shrinkers { get; }

    /// <summary>Swap.</summary>
    public SwapSpace Swap { get; }

    /// <summary>Pages of files in memory.</summary>
    public FilePages FilePages { get; }

    /// <summary>Reading of files through the page cache.</summary>
    public Filemap Filemap { get; }

    /// <summary>Dirty pages of files.</summary>
    public Writeback Writeback { get; }

    /// <summary>Reads of file pages under way.</summary>
    public PageReads PageReads { get; }

    /// <summary>The page tables of all address spaces.</summary>
    public abstract PageTables PageTables { get; }

    /// <summary>Who ends processes when no memory is left.</summary>
    public abstract OomKiller OomKiller { get; }

    /// <summary>The first door: system calls.</summary>
    public abstract SystemCalls.SystemCalls SystemCalls { get; }

    /// <summary>Who listens to page faults; null: nobody.</summary>
    public IFaultTracepoints? FaultTracepoints { get; set; }

    /// <summary>Who listens to reclaim; null: nobody.</summary>
    public abstract IVmscanTracepoints? VmscanTracepoints { get; set; }

    /// <summary>What virtual time consists of.</summary>
    public Clock Clock { get; }

    /// <summary>Virtual time since the machine was switched on, in nanoseconds.</summary>
    public double NowNs => Clock.NowNs;

    /// <summary>What is to happen at a moment of virtual time.</summary>
    public EventQueue Events { get; }

    /// <summary>The block devices; the first holds the files.</summary>
    public BlockDevices BlockDevices { get; }

    /// <summary>Whether a node's kswapd has given up: sixteen runs in a row reclaimed nothing ("all_unreclaimable? yes").</summary>
    /// <param name="node">The node.</param>
    public abstract bool IsKswapdHopeless(int node);

    /// <summary>What the MMU of one CPU did.</summary>
    /// <param name="cpu">From 0 to <see cref="MachineSpec.Cpus"/> − 1.</param>
    public abstract TlbCounters TlbCounters(int cpu);

    /// <summary>What the MMUs of all CPUs did.</summary>
    public TlbCounters TotalTlbCounters()
    {
        TlbCounters total = default;
        for (int cpu = 0; cpu < Spec.Cpus; cpu++)
            total.Add(TlbCounters(cpu));
        return total;
    }

    /// <summary>What takes time of <see cref="TotalTlbCounters"/>, where it is counted if there is one CPU only.</summary>
    private protected abstract ref readonly TlbCounters TimedTlbCounters();

    /// <summary>
    /// One access by a task: translated through the TLB, by a walk, or by a fault, which is handled. A signal is
    /// returned, not delivered, but for SIGKILL: the OOM killer has ended the task, now or earlier. A machine without a
    /// process that may be killed panics (<see cref="KernelPanicException"/>).
    /// </summary>
    /// <param name="task">The task's index in the task table. A task runs on CPU (index − 1) modulo the CPUs.</param>
    /// <param name="address">The virtual address.</param>
    /// <param name="kind">What the program does there.</param>
    public abstract FaultOutcome Access(int task, ulong address, AccessKind kind);

    /// <summary>Runs of accesses by a task, in order; stops after the first run that gets a signal.</summary>
    /// <param name="task">The task's index in the task table.</param>
    /// <param name="runs">The accesses.</param>
    /// <param name="outcome">Resolved, or the signal that stopped it.</param>
    /// <returns>The number of runs done: all of them, or the index of the run that got the signal.</returns>
    public abstract int Access(int task, ReadOnlySpan<AccessRun> runs, out FaultOutcome outcome);

    /// <summary>Loads bytes as a program does: each page is translated and faulted in.</summary>
    /// <param name="task">The task's index.</param>
    /// <param name="address">The first byte's virtual address.</param>
    /// <param name="destination">Where the bytes go. Filled up to the page that got a signal.</param>
    /// <returns>Resolved, or the signal.</returns>
    public abstract FaultOutcome ReadMemory(int task, ulong address, Span<byte> destination);

    /// <summary>Stores bytes as a program does.</summary>
    /// <param name="task">The task's index.</param>
    /// <param name="address">The first byte's virtual address.</param>
    /// <param name="source">The bytes.</param>
    /// <returns>Resolved, or the signal; bytes before the page that got it are stored.</returns>
    public abstract FaultOutcome WriteMemory(int task, ulong address, ReadOnlySpan<byte> source);

    /// <summary>
    /// Checks that every frame is in use once or free, that every count agrees, and that every kernel object in use
    /// stands in a slab: for tests.
    /// </summary>
    /// <exception cref="InvalidOperationException">Something is inconsistent; the message says what and where.</exception>
    public void Validate()
    {
        Allocator.Validate();
        Memcgs.Validate();
        Swap.ValidateZswap();
        PageTables.Validate();
        var objects = new List<ulong>();
        AddressSpaces.CollectObjects(objects);
        Inodes.CollectObjects(objects);
        Tasks.CollectObjects(objects);
        FilePages.CollectObjects(objects);
        SystemCalls.CollectObjects(objects);
        Caches.Validate(objects);
        var stacks = new List<uint>();
        SystemCalls.KernelStacks.CollectFrames(stacks);
        long slabFrames = 0, stackFrames = 0;
        for (uint pfn = 0; pfn < MemMap.Count; pfn++)
        {
            slabFrames += (MemMap[pfn].Flags & PageFlags.Slab) != 0 ? 1 : 0;
            stackFrames += (MemMap[pfn].Flags & PageFlags.KernelStack) != 0 ? 1 : 0;
        }

        long pages = VmStat.NrSlabReclaimable + VmStat.NrSlabUnreclaimable;
        if (slabFrames != pages || pages != Caches.All.Sum(cache => cache.Pages))
            throw new InvalidOperationException($"{slabFrames} frames belong to slabs, vmstat says {pages}");
        if (stackFrames != stacks.Count || stacks.Exists(pfn => (MemMap[pfn].Flags & PageFlags.KernelStack) == 0))
            throw new InvalidOperationException($"{stackFrames} frames belong to kernel stacks, which have {stacks.Count}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the host its memory back.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        Writeback.Dispose();
        PageReads.Dispose();
        _readahead.Dispose();
        BlockDevices.Dispose();
        Events.Dispose();
        AddressSpaces.Dispose();
        Inodes.Dispose();
        Tasks.Dispose();
        FilePages.Dispose();
        Shrinkers.Dispose();
        Swap.Dispose();
        Lru.Dispose();
        Memcgs.Dispose();
        Caches.Dispose();
        Allocator.Dispose();
        Zones.Dispose();
        MemMap.Dispose();
        _memory.Dispose();
    }
}
