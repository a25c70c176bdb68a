using System.Globalization;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Reclaim;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Reports.Tracing;

/// <summary>Listens to a machine's tracepoints and puts them into the words of the kernel's trace file.</summary>
public sealed partial class TraceEvents : IVmscanTracepoints, IFileTracepoints, IWritebackTracepoints, ILruTracepoints, ISchedTracepoints
{
    /// <summary>The number of node 0's kswapd, above every process's (PID_MAX_LIMIT); that of node n is n more.</summary>
    public const int FirstKswapdPid = 1 << 22;

    /// <summary>The number of the kernel thread that writes files back.</summary>
    public const int FlusherPid = FirstKswapdPid + 4096;

    private const ulong Vmemmap = 0xffff_ea00_0000_0000;
    private const int PageStructBytes = 64;
    private const int IsolateUnmapped = 2;

    private static readonly string[] ListNames = ["inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable"];

    private readonly Machine _machine;
    private readonly ITraceSink[] _sinks;
    private readonly bool[] _wanting;
    private readonly ISchedTracepoints? _next;

    /// <summary>Begins to listen.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="sinks">Who wants to know.</param>
    public TraceEvents(Machine machine, params ITraceSink[] sinks)
    {
        _machine = machine;
        _sinks = sinks;
        _wanting = new bool[sinks.Length];
        machine.VmscanTracepoints = this;
        machine.FilePages.Tracepoints = this;
        machine.Writeback.Tracepoints = this;
        machine.Lru.Tracepoints = this;
        machine.OomKiller.VictimTracepoint = MarkVictim;
        machine.Allocator.RetryTracepoint = Retry;
        _next = machine.Tasks.Tracepoints;
        machine.Tasks.Tracepoints = this;
    }

    void IVmscanTracepoints.MmVmscanKswapdSleep(int node)
    {
        if (IsWanted(TraceKind.KswapdSleep))
            OfKswapd(TraceKind.KswapdSleep, node, $"nid={node}");
    }

    void IVmscanTracepoints.MmVmscanKswapdWake(int node, ZoneType highest, int order)
    {
        if (IsWanted(TraceKind.KswapdWake))
            OfKswapd(TraceKind.KswapdWake, node, $"nid={node} order={order}");
    }

    void IVmscanTracepoints.MmVmscanWakeupKswapd(int node, ZoneType highest, int order, Gfp gfp)
    {
        if (IsWanted(TraceKind.WakeupKswapd))
            OfTask(TraceKind.WakeupKswapd, $"nid={node} order={order} gfp_flags={GfpNames.Format(gfp)}");
    }

    void IVmscanTracepoints.MmVmscanReclaimBegin(int order, Gfp gfp, bool isMemcg)
    {
        TraceKind kind = isMemcg ? TraceKind.MemcgReclaimBegin : TraceKind.DirectReclaimBegin;
        if (IsWanted(kind))
            OfTask(kind, $"order={order} gfp_flags={GfpNames.Format(gfp)}");
    }

    void IVmscanTracepoints.MmVmscanReclaimEnd(long reclaimed, bool isMemcg)
    {
        TraceKind kind = isMemcg ? TraceKind.MemcgReclaimEnd : TraceKind.DirectReclaimEnd;
        if (IsWanted(kind))
            OfTask(kind, $"nr_reclaimed={reclaimed}");
    }

    void IVmscanTracepoints.MmVmscanLruIsolate(in LruIsolated isolated)
    {
        if (!IsWanted(TraceKind.LruIsolate))
            return;
        int mode = isolated.OnlyUnmapped ? IsolateUnmapped : 0;
        OfEither(TraceKind.LruIsolate, isolated.Node, isolated.IsKswapd, $"isolate_mode={mode} classzone={(int)isolated.Highest} order={isolated.Order} nr_requested={isolated.Requested} nr_scanned={isolated.Scanned} nr_skipped={isolated.Skipped} nr_taken={isolated.Taken} lru={ListNames[(int)isolated.List]}");
    }

    void IVmscanTracepoints.MmVmscanWriteFolio(int node, bool isKswapd, uint pfn, bool isFile)
    {
        if (IsWanted(TraceKind.WriteFolio))
            OfEither(TraceKind.WriteFolio, node, isKswapd, $"page={FolioOf(pfn):x16} pfn=0x{pfn:x} flags={FlagsOf(isFile)}");
    }

    void IVmscanTracepoints.MmVmscanLruShrinkInactive(in LruShrunk shrunk)
    {
        if (IsWanted(TraceKind.LruShrinkInactive))
            OfEither(TraceKind.LruShrinkInactive, shrunk.Node, shrunk.IsKswapd, $"nid={shrunk.Node} nr_scanned={shrunk.Scanned} nr_reclaimed={shrunk.Reclaimed} nr_dirty={shrunk.Dirty} nr_writeback={shrunk.Writeback} nr_congested={shrunk.Congested} nr_immediate={shrunk.Immediate} nr_activate_anon={shrunk.ActivateAnon} nr_activate_file={shrunk.ActivateFile} nr_ref_keep={shrunk.RefKeep} nr_unmap_fail={shrunk.UnmapFail} priority={shrunk.Priority} flags={FlagsOf(shrunk.IsFile)}");
    }

    void IVmscanTracepoints.MmVmscanLruShrinkActive(in LruAged aged)
    {
        if (IsWanted(TraceKind.LruShrinkActive))
            OfEither(TraceKind.LruShrinkActive, aged.Node, aged.IsKswapd, $"nid={aged.Node} nr_taken={aged.Taken} nr_active={aged.Active} nr_deactivated={aged.Deactivated} nr_referenced={aged.Referenced} priority={aged.Priority} flags={FlagsOf(aged.IsFile)}");
    }

    void IVmscanTracepoints.MmShrinkSlabStart(in SlabShrinkStart start)
    {
        if (IsWanted(TraceKind.ShrinkSlabStart))
            OfEither(TraceKind.ShrinkSlabStart, start.Node, start.IsKswapd, $"{start.Shrinker}+0x0/0x0 {start.Number:x16}: nid: {start.Node} objects to shrink {start.Deferred} gfp_flags {GfpNames.Format(start.Gfp)} cache items {start.Freeable} delta {start.Delta} total_scan {start.TotalScan} priority {start.Priority}");
    }

    void IVmscanTracepoints.MmShrinkSlabEnd(in SlabShrinkEnd end)
    {
        if (IsWanted(TraceKind.ShrinkSlabEnd))
            OfEither(TraceKind.ShrinkSlabEnd, end.Node, end.IsKswapd, $"{end.Shrinker}+0x0/0x0 {end.Number:x16}: nid: {end.Node} unused scan count {end.Unused} new scan count {end.New} total_scan {end.TotalScan} last shrinker return val {end.Freed}");
    }

    void IFileTracepoints.MmFilemapAddToPageCache(int inode, ulong index, uint pfn)
    {
        if (IsWanted(TraceKind.FilemapAdd))
            OfTask(TraceKind.FilemapAdd, FilePage(inode, index, pfn));
    }

    void IFileTracepoints.MmFilemapDeleteFromPageCache(int inode, ulong index, uint pfn)
    {
        if (IsWanted(TraceKind.FilemapDelete))
            OfTask(TraceKind.FilemapDelete, FilePage(inode, index, pfn));
    }

    void IFileTracepoints.PageCacheSyncRa(int inode, ulong index, ulong requestPages)
    {
    }

    void IFileTracepoints.PageCacheAsyncRa(int inode, ulong index, ulong requestPages)
    {
    }

    void IFileTracepoints.PageCacheRaUnbounded(int inode, ulong start, ulong pages, ulong lookaheadPages)
    {
    }

    void IWritebackTracepoints.GlobalDirtyState(long dirty, long writeback, DirtyLimits limits)
    {
        if (IsWanted(TraceKind.GlobalDirtyState))
            OfTask(TraceKind.GlobalDirtyState, $"dirty={dirty} writeback={writeback} bg_thresh={limits.Background} thresh={limits.Threshold} limit={limits.Threshold} dirtied={_machine.VmStat.NrDirtied} written={_machine.VmStat.NrWritten}");
    }

    void IWritebackTracepoints.WritebackStart(bool isBackground)
    {
        if (!IsWanted(TraceKind.WritebackStart))
            return;
        long pages = isBackground ? long.MaxValue : _machine.VmStat.NrDirty;
        string why = isBackground ? "kupdate=0 range_cyclic=1 background=1 reason=background" : "kupdate=1 range_cyclic=1 background=0 reason=periodic";
        Fire(TraceKind.WritebackStart, LastCpu, FlusherPid, "kworker/flush", $"bdi 8:0: sb_dev 0:0 nr_pages={pages} sync_mode=0 {why} cgroup_ino=1");
    }

    void ISchedTracepoints.SchedProcessFork(int parent, int child) => _next?.SchedProcessFork(parent, child);

    void ISchedTracepoints.SchedProcessExec(int task) => _next?.SchedProcessExec(task);

    void ISchedTracepoints.SchedProcessExit(int task) => _next?.SchedProcessExit(task);

    void ISchedTracepoints.OomScoreAdjUpdate(int task)
    {
        _next?.OomScoreAdjUpdate(task);
        if (!IsWanted(TraceKind.OomScoreAdjUpdate))
            return;
        ref TaskStruct leader = ref _machine.Tasks.Tasks[task];
        OfTask(TraceKind.OomScoreAdjUpdate, $"pid={leader.Pid} comm={_machine.Tasks.CommOf(task)} oom_score_adj={leader.OomScoreAdj}");
    }

    private void MarkVictim(int task)
    {
        if (!IsWanted(TraceKind.MarkVictim))
            return;
        ref TaskStruct victim = ref _machine.Tasks.Tasks[task];
        ref MmStruct mm = ref _machine.AddressSpaces.Mms[victim.Mm];
        int adj = _machine.Tasks.Tasks[victim.GroupLeader].OomScoreAdj;
        OfTask(TraceKind.MarkVictim, $"pid={victim.Pid} comm={_machine.Tasks.CommOf(task)} total-vm={mm.TotalVm << 2}kB anon-rss={mm.Rss.AnonPages << 2}kB file-rss:{mm.Rss.FilePages << 2}kB shmem-rss:{mm.Rss.ShmemPages << 2}kB uid={victim.Uid} pgtables={mm.PgtablesBytes >> 10}kB oom_score_adj={adj}");
    }

    private void Retry(ReclaimRetryZone retry)
    {
        if (IsWanted(TraceKind.ReclaimRetryZone))
            OfTask(TraceKind.ReclaimRetryZone, $"node={retry.Node} zone={retry.Zone.Name(),-8} order={retry.Order} reclaimable={retry.Reclaimable} available={retry.Available} min_wmark={retry.MinWmark} no_progress_loops={retry.NoProgressLoops} wmark_check={(retry.WmarkCheck ? 1 : 0)}");
    }

    private string FilePage(int inode, ulong index, uint pfn)
    {
        ref Inode file = ref _machine.Inodes.Inodes[inode];
        return string.Create(CultureInfo.InvariantCulture, $"dev {file.Device >> 16}:{file.Device & 0xffff} ino {file.Number:x} pfn=0x{pfn:x} ofs={index << Pfn.Shift} order=0");
    }

    private static string FlagsOf(bool isFile) => isFile ? "RECLAIM_WB_FILE|RECLAIM_WB_ASYNC" : "RECLAIM_WB_ANON|RECLAIM_WB_ASYNC";

    /// <summary>Where kernel threads run: beside the tasks if there is a CPU for it.</summary>
    private int LastCpu => _machine.Spec.Cpus - 1;

    private bool IsWanted(TraceKind kind)
    {
        bool isWanted = false;
        for (int i = 0; i < _sinks.Length; i++)
            isWanted |= _wanting[i] = _sinks[i].Wants(kind);
        return isWanted;
    }

    private void OfEither(TraceKind kind, int node, bool isKswapd, FormattableString fields)
    {
        if (isKswapd)
            OfKswapd(kind, node, fields);
        else
            OfTask(kind, fields);
    }

    private void OfKswapd(TraceKind kind, int node, FormattableString fields) =>
        Fire(kind, LastCpu, FirstKswapdPid + node, string.Create(CultureInfo.InvariantCulture, $"kswapd{node}"), fields.ToString(CultureInfo.InvariantCulture));

    private void OfTask(TraceKind kind, FormattableString fields) => OfTask(kind, fields.ToString(CultureInfo.InvariantCulture));

    private void OfTask(TraceKind kind, string fields)
    {
        int task = _machine.Scheduler.Current;
        if (task == 0)
            Fire(kind, 0, 0, "swapper/0", fields);
        else
            Fire(kind, _machine.Scheduler.CpuOf(task), _machine.Tasks.Tasks[task].Pid, _machine.Tasks.CommOf(task), fields);
    }

    private void Fire(TraceKind kind, int cpu, int pid, string comm, FormattableString fields) => Fire(kind, cpu, pid, comm, fields.ToString(CultureInfo.InvariantCulture));

    private void Fire(TraceKind kind, int cpu, int pid, string comm, string fields)
    {
        var fired = new TraceEvent(kind, _machine.NowNs, cpu, pid, comm, fields);
        for (int i = 0; i < _sinks.Length; i++)
        {
            if (_wanting[i])
                _sinks[i].Fired(in fired);
        }
    }
}
