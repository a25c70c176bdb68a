using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Oom;
using Pagewise.Kernel.Reclaim;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Kernel;

/// <summary>A machine with one page-table format, so that an access runs without virtual calls. See <see cref="Machine.Create"/>.</summary>
/// <typeparam name="TFormat">The page-table format.</typeparam>
internal sealed partial class FormatMachine<TFormat> : Machine
    where TFormat : struct, IPageTableFormat
{
    /// <summary>How many runs ahead of a walk the next walks are prefetched.</summary>
    private const int PrefetchedRuns = 12;

    /// <summary>How many runs ahead the entries, which have come by then, are looked at.</summary>
    private const int NearRuns = 4;

    private readonly Cpus<TFormat> _cpus;
    private readonly FaultHandler<TFormat> _faults;
    private readonly PageTablesOf<TFormat> _pageTables;
    private readonly Kswapd _kswapd;
    private readonly Vmscan _vmscan;
    private readonly Sigkills _sigkills;
    private TlbCounters _timedCounters;

    public FormatMachine(MachineSpec spec, CpuPreset preset)
        : base(spec, preset)
    {
        _cpus = new Cpus<TFormat>(AddressSpaces, MemMap.Memory, preset, spec.Cpus);
        VmSettings settings = Settings;
        StackExpansion stacks = new(AddressSpaces, settings);
        KernelState state = new(AddressSpaces, stacks, Inodes, MemMap, Allocator, Memcgs, Lru, Swap, FilePages, VmStat, Clock, settings, spec.Thp, (uint)spec.FaultAroundBytes / Pfn.SizeBytes, Filemap, PageReads, Writeback, Events);
        PteTables<TFormat> tables = new(AddressSpaces, MemMap, Allocator, VmStat, settings.Features, Memcgs);
        Rmap rmap = new(MemMap, Lru, VmStat);
        _faults = new FaultHandler<TFormat>(state, tables, rmap, _cpus);
        _pageTables = new PageTablesOf<TFormat>(state, tables, rmap, _cpus, _faults);
        RmapWalksOf<TFormat> walks = new(state, tables, rmap, _cpus, _faults);
        Vmscan vmscan = new(state, walks) { Swappiness = spec.Swappiness, Shrinkers = Shrinkers };
        _pageTables.Reclaim = vmscan;
        _pageTables.Walks = walks;
        _vmscan = vmscan;
        _kswapd = new Kswapd(Allocator, vmscan, VmStat, Clock, Events);
        MemoryPressure pressure = new(Zones, vmscan, _kswapd, VmStat, Clock, Events);
        Allocator.Pressure = pressure;
        Memcgs.Pressure = pressure;
        TaskObjects objects = new(Allocator, MemMap, Caches, VmStat);
        // A machine that has been running has had tasks, and some that ended.
        if (spec.Memory is not null)
        {
            Caches.Prime();
            objects.Stacks.FillCaches();
        }

        SystemCalls = new SystemCalls.SystemCalls(settings, Defaults(spec), AddressSpaces, Inodes, _pageTables, Filemap, Writeback, FilePages, Swap, Caches, objects, Tasks, Scheduler, Clock, Events);
        _sigkills = new Sigkills(Tasks, Scheduler, Allocator, SystemCalls.Processes, Clock, Events);
        OomKiller = new OomKiller(Tasks, AddressSpaces, Scheduler, _sigkills, _pageTables, Zones, VmStat, settings, Clock, Events) { Settings = spec.Oom };
        pressure.OomKiller = OomKiller;
        pressure.MemcgOomKiller = OomKiller.OutOfMemory;
        pressure.IsTaskDying = () => _sigkills.IsCurrentDying;
        OomKiller.Cgroups = new OomCgroups(Memcgs, Tasks, VmStat, spec.Swappiness != 0);
        foreach (CgroupSpec cgroup in spec.Cgroups)
            Memcgs.Configure(cgroup);
    }

    public override PageTables PageTables => _pageTables;

    public override SystemCalls.SystemCalls SystemCalls { get; }

    public override OomKiller OomKiller { get; }

    public override IVmscanTracepoints? VmscanTracepoints
    {
        get => _vmscan.Tracepoints;
        set => _vmscan.Tracepoints = Shrinkers.Tracepoints = value;
    }

    public override bool IsKswapdHopeless(int node) => _kswapd.IsHopeless(node);

    public override TlbCounters TlbCounters(int cpu) => _cpus[cpu].Mmu.Counters;

    private protected override ref readonly TlbCounters TimedTlbCounters()
    {
        if (_cpus.Count == 1)
            return ref _cpus[0].Mmu.Counters;
        _timedCounters = default;
        for (int cpu = 0; cpu < _cpus.Count; cpu++)
            _timedCounters.AddTimed(in _cpus[cpu].Mmu.Counters);
        return ref _timedCounters;
    }

    public override FaultOutcome Access(int task, ulong address, AccessKind kind)
    {
        if (Run(task) is not { } mmu)
            return Killed;
        if (TFormat.IsCanonical(address) && mmu.TryHit(address, kind, out _))
        {
            mmu.CountL1(kind, 1);
            return default;
        }

        Translate(task, mmu, address, kind, out FaultOutcome outcome);
        return outcome;
    }

    public override int Access(int task, ReadOnlySpan<AccessRun> runs, out FaultOutcome outcome)
    {
        outcome = Killed;
        if (Run(task) is not { } mmu)
            return 0;
        outcome = default;
        // Without anything in swap, what an entry says is not worth a look.
        EntriesAhead ahead = new() { LooksNear = Swap.UsedPages != 0, Walks = mmu.Counters.Walks };
        for (int i = 0; i < runs.Length; i++)
        {
            ref readonly AccessRun run = ref runs[i];
            ulong found = 0;
            if (TFormat.IsCanonical(run.Address) && mmu.TryHit(run.Address, run.Kind, out found))
            {
                mmu.CountL1(run.Kind, run.Count);
                continue;
            }

            // Walks come in numbers, and each waits for the host's memory: those of the next runs can wait together.
            if (mmu.Counters.Walks != ahead.Walks)
                LookAhead(mmu, runs, (uint)i + 1, ref ahead);
            outcome = default;
            FaultCode code = FaultCode.None;
            if ((!TFormat.IsCanonical(run.Address) || mmu.TranslateMissed(run.Address, run.Kind, found, out code) == 0)
                && ResolveFault(task, mmu, run.Address, run.Kind, code, out outcome) == 0)
            {
                return i;
            }

            if (run.Count > 1)
                AccessAgain(mmu, in run);
        }

        return runs.Length;
    }

    /// <summary>The rest of a run, after its first access was translated.</summary>
    private static void AccessAgain(Mmu<TFormat> mmu, in AccessRun run)
    {
        if (mmu.HasTlb)
        {
            mmu.CountL1(run.Kind, run.Count - 1);
            return;
        }

        for (uint more = 1; more < run.Count; more++)
            mmu.Translate(run.Address, run.Kind, out _);
    }

    public override FaultOutcome ReadMemory(int task, ulong address, Span<byte> destination)
    {
        if (Run(task) is not { } mmu)
            return Killed;
        while (destination.Length > 0)
        {
            int length = Math.Min(destination.Length, Pfn.SizeBytes - (int)(address & (Pfn.SizeBytes - 1)));
            ulong data = Translate(task, mmu, address, AccessKind.Read, out FaultOutcome outcome);
            if (data == 0)
                return outcome;
            MemMap.Memory.Bytes(PhysicalAddress(data, address), length).CopyTo(destination);
            destination = destination[length..];
            address += (ulong)length;
        }

        return default;
    }

    public override FaultOutcome WriteMemory(int task, ulong address, ReadOnlySpan<byte> source)
    {
        if (Run(task) is not { } mmu)
            return Killed;
        while (source.Length > 0)
        {
            int length = Math.Min(source.Length, Pfn.SizeBytes - (int)(address & (Pfn.SizeBytes - 1)));
            ulong data = Translate(task, mmu, address, AccessKind.Write, out FaultOutcome outcome);
            if (data == 0)
                return outcome;
            ulong physical = PhysicalAddress(data, address);
            MemMap[(uint)(physical >> Pfn.Shift)].Flags |= PageFlags.HasData;
            source[..length].CopyTo(MemMap.Memory.Bytes(physical, length));
            source = source[length..];
            address += (ulong)length;
        }

        return default;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _kswapd.Dispose();
            SystemCalls.Dispose();
            _cpus.Dispose();
        }

        base.Dispose(disposing);
    }

    private static FaultOutcome Killed => new(Signal.Kill, SignalCode.Kernel, IsMajor: false);

    private static ulong PhysicalAddress(ulong data, ulong address) => (data & PteBits.AddressMask) | (address & (Pfn.SizeBytes - 1));

    /// <summary>Prefetches what the walks and faults of the next runs will look at. Changes nothing in the model.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void LookAhead(Mmu<TFormat> mmu, ReadOnlySpan<AccessRun> runs, uint next, ref EntriesAhead ahead)
    {
        ahead.Walks = mmu.Counters.Walks;
        uint end = Math.Min(next + PrefetchedRuns - 1, (uint)runs.Length);
        uint at = Math.Max(ahead.Walked, next);
        for (; at < end; at++)
            ahead[at] = mmu.Prefetch(runs[(int)at].Address);
        ahead.Walked = at;
        if (!ahead.LooksNear)
            return;
        end = Math.Min(next + NearRuns - 1, (uint)runs.Length);
        at = Math.Max(ahead.Looked, next);
        for (; at < end; at++)
            _faults.Prefetch(ahead[at], runs[(int)at].Kind == AccessKind.Write);
        ahead.Looked = at;
    }

    /// <summary>Gives a task its CPU, with its address space loaded; null when it was killed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Mmu<TFormat>? Run(int task)
    {
        Scheduler.Run(task);
        int mm = Tasks.Tasks[task].Mm;
        if (mm == 0)
            return IsKilled(task) ? null : ThrowNoMemory(task);
        return _cpus.Run(Scheduler.CpuOf(task), mm).Mmu;
    }

    /// <summary>Translates, faulting as often as it takes.</summary>
    /// <returns>Frame address and rights; 0 when a signal came of it.</returns>
    private ulong Translate(int task, Mmu<TFormat> mmu, ulong address, AccessKind kind, out FaultOutcome outcome)
    {
        outcome = default;
        FaultCode code = FaultCode.None;
        ulong data = TFormat.IsCanonical(address) ? mmu.Translate(address, kind, out code) : 0;
        return data != 0 ? data : ResolveFault(task, mmu, address, kind, code, out outcome);
    }

    /// <summary>
    /// Handles the fault of an access, and those that come when it is made again: a fetch may first bring the page in and
    /// then be forbidden. Apart from the translation, so that the accesses without a fault, nearly all, carry none of it.
    /// </summary>
    /// <returns>Frame address and rights; 0 when a signal came of it.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong ResolveFault(int task, Mmu<TFormat> mmu, ulong address, AccessKind kind, FaultCode code, out FaultOutcome outcome)
    {
        if (!TFormat.IsCanonical(address))
        {
            outcome = new FaultOutcome(Signal.Segv, SignalCode.Kernel, IsMajor: false);
            return 0;
        }

        bool isMajor = false;
        while (true)
        {
            ref TaskStruct current = ref Tasks.Tasks[task];
            long minor = _faults.MinorFaults;
            long major = _faults.MajorFaults;
            FaultTracepoints?.PageFaultUser(task, address, code);
            outcome = _faults.Handle(Tasks.CurrentOf(task), address, code);
            // Back to user mode: what became due, and who was woken, runs.
            Memcgs.HandleOverHigh();
            Events.RunDue();
            current.MinorFaults += _faults.MinorFaults - minor;
            current.MajorFaults += _faults.MajorFaults - major;
            isMajor |= outcome.IsMajor;
            if (_sigkills.Deliver())
                outcome = Killed;
            FaultTracepoints?.PageFaultReturned(task, address, outcome);
            if (!outcome.IsResolved)
                return 0;
            outcome = new FaultOutcome(Signal.None, SignalCode.None, isMajor);
            ulong data = mmu.Translate(address, kind, out code);
            if (data != 0)
                return data;
        }
    }

    private static TaskDefaults Defaults(MachineSpec spec) => new()
    {
        Limits = spec.Limits,
        Uid = spec.Uid,
        CapIpcLock = spec.CapIpcLock,
        CapSysResource = spec.CapSysResource,
        CapSysAdmin = spec.CapSysAdmin,
    };

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool IsKilled(int task) => Tasks.Tasks[task].GroupLeader is not 0 and var leader && Tasks.Tasks[leader].IsSigkilled;

    [DoesNotReturn]
    private static Mmu<TFormat> ThrowNoMemory(int task) =>
        throw new ArgumentException($"task {task} has no address space: it has exited or was never made", nameof(task));
}
