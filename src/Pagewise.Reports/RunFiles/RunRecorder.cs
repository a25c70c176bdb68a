using System.Globalization;
using System.Text.Json;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Tasks;
using Pagewise.Procfs;
using Pagewise.Replay;
using Pagewise.Reports.Locality;
using Pagewise.Reports.Run;
using Pagewise.Reports.Series;
using Pagewise.Reports.Tracing;
using Pagewise.Workloads;

namespace Pagewise.Reports.RunFiles;

/// <summary>
/// Watches a replay and keeps what a run file holds of it. What it keeps is bounded, however long the run: where there is
/// too much, every other sample, fault or event goes. It must be there before the replay begins.
/// </summary>
public sealed partial class RunRecorder : IReplayObserver, ISampleFollower
{
    private const int MostProcessesOfSample = 16;

    private readonly Machine _machine;
    private readonly List<ReclaimSample> _reclaim = [];
    private readonly List<RunProcessSample[]> _processSamples = [];
    private readonly List<Vmstat> _vmstat = [];
    private readonly HeatMap _heat = new();
    private readonly ReuseDistances _reuse = new();
    private readonly SnapshotTaker _snapshots = new();
    private ProcTree? _proc;

    /// <summary>Begins to watch.</summary>
    /// <param name="machine">The machine of a replay that has not begun.</param>
    /// <param name="trace">Who wants its tracepoints besides; null: nobody.</param>
    public RunRecorder(Machine machine, ITraceSink? trace = null)
    {
        _machine = machine;
        _sites = new FaultSites(machine);
        Sampler = new MemorySampler(machine, this);
        machine.FaultTracepoints = this;
        machine.Tasks.Tracepoints = this;
        _ = trace is null ? new TraceEvents(machine, this) : new TraceEvents(machine, this, trace);
    }

    /// <summary>Samples memory over time; a report's builder may use it too.</summary>
    public MemorySampler Sampler { get; }

    /// <inheritdoc/>
    public void BatchDone(Replayer replayer)
    {
    }

    /// <inheritdoc/>
    public void SpaceEnding(Replayer replayer, ReplayTask task)
    {
        Sampler.LookNow();
        if (!HasOthers(_machine.Tasks.Tasks[task.Task].Mm))
            TakeEnd(replayer);
    }

    /// <inheritdoc/>
    public void CallDone(Replayer replayer, ReplayTask task, in CallRecord call) => _snapshots.LookAt(replayer, _machine.NowNs);

    /// <inheritdoc/>
    public void TouchDone(Replayer replayer, ReplayTask task, in TouchRecord touch) => _snapshots.LookAt(replayer, _machine.NowNs);

    /// <inheritdoc/>
    public void Accessed(Replayer replayer, ReplayTask task, ReadOnlySpan<AccessRun> runs)
    {
        if (runs.IsEmpty)
            return;
        ref TaskStruct thread = ref _machine.Tasks.Tasks[task.Task];
        double now = _machine.NowNs;
        _heat.Access(thread.Tgid, runs);
        _reuse.Access(thread.Mm, runs, (long)now);
        Sampler.CatchUp(now);
        _snapshots.LookAt(replayer, now);
    }

    /// <inheritdoc/>
    public void Sampled()
    {
        _reclaim.Add(ReclaimSample.Of(_machine));
        _vmstat.Add(Vmstat.Of(_machine));
        _processSamples.Add(ProcessSamples());
        _heat.Close();
    }

    /// <inheritdoc/>
    public void Removed(int index)
    {
        _reclaim.RemoveAt(index);
        _vmstat.RemoveAt(index);
        _processSamples.RemoveAt(index);
        _heat.Merge(index);
    }

    /// <summary>What the file shall hold, once the replay has ended.</summary>
    /// <param name="replayer">The replay.</param>
    /// <param name="report">The run's report.</param>
    /// <param name="options">How it was asked for.</param>
    public RunFile Build(Replayer replayer, RunReport report, RunOptions options)
    {
        Sampler.LookNow();
        if (HasOthers(0))
            TakeEnd(replayer);
        (IReadOnlyList<RunSnapshot> snapshots, IReadOnlyList<RunSnapshotVma> areas, IReadOnlyList<RunSnapshotFree> free) = _snapshots.Rows();
        return new RunFile
        {
            Meta = MetaOf(replayer, options),
            Documents = DocumentsOf(replayer, report, options),
            Samples = Samples(),
            Watermarks = Watermarks(),
            Processes = Processes(),
            Faults = Faults(),
            FaultSites = _sites.Rows(),
            Heat = _heat.Rows(index => index + 1),
            TraceEvents = TraceRows(),
            Kills = _kills,
            Scores = _scores,
            Snapshots = snapshots,
            SnapshotVmas = areas,
            SnapshotFree = free,
            MissRatios = _reuse.MissRatios(),
            WorkingSets = _reuse.WorkingSets(),
        };
    }

    private SortedDictionary<string, string> MetaOf(Replayer replayer, RunOptions options) => new(StringComparer.Ordinal)
    {
        ["schema_version"] = Number(RunFileSchema.Version),
        ["pagewise_version"] = options.Version,
        ["recording"] = options.Recording,
        ["recording_sha256"] = options.RecordingSha256,
        ["touch"] = options.Touch,
        ["seed"] = options.Seed is { } seed ? seed.ToString(CultureInfo.InvariantCulture) : "",
        ["settings"] = JsonSerializer.Serialize([.. options.Settings], RunFileContext.Default.StringArray),
        ["events"] = Number(replayer.Events),
        ["accesses"] = Number(_reuse.Accesses),
        ["end_ns"] = Number((long)_machine.NowNs),
        ["page_size"] = "4096",
        ["cpus"] = Number(_machine.Spec.Cpus),
        ["kernel"] = _machine.Spec.Kernel.ToString(),
        ["faults"] = Number(_faultCount),
        ["fault_sampling"] = Number(_faultStep),
        ["heat_region_bytes"] = Number(1L << _heat.RegionShift),
        ["heat_sampling"] = Number(HeatMap.Sampling),
        ["tracepoints"] = JsonSerializer.Serialize(TraceCounts(), RunFileContext.Default.SortedDictionaryStringInt64Array),
        ["page_sampling"] = _reuse.SamplingRate.ToString("R", CultureInfo.InvariantCulture),
    };

    private SortedDictionary<string, string> DocumentsOf(Replayer replayer, RunReport report, RunOptions options)
    {
        var documents = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["report"] = RunReportJson.Write(report),
            ["machine"] = JsonSerializer.Serialize(report.Machine, RunFileContext.Default.MachineFacts),
            ["dmesg"] = replayer.KernelLog.ToString(),
        };
        if (_proc is not null)
        {
            var proc = new RunProc { Files = new(_proc.Files.ToDictionary(), StringComparer.Ordinal), Links = new(_proc.Links.ToDictionary(), StringComparer.Ordinal) };
            documents["proc"] = JsonSerializer.Serialize(proc, RunFileContext.Default.RunProc);
            documents["sysctl"] = Sysctls(_proc);
        }

        if (options.MachineFile is not null)
            documents["machine_file"] = options.MachineFile;
        return documents;
    }

    /// <summary>Whether a process lives in another address space than one.</summary>
    private bool HasOthers(int mm)
    {
        for (int task = 1; task < _machine.Tasks.Tasks.HighWater; task++)
        {
            ref TaskStruct one = ref _machine.Tasks.Tasks[task];
            if (!one.HasExited && one.Mm != 0 && one.Mm != mm)
                return true;
        }

        return false;
    }

    // The last look at a machine with a process in it.
    private void TakeEnd(Replayer replayer)
    {
        _snapshots.End(replayer);
        _proc = ProcTree.Of(_machine);
    }

    /// <summary>The sysctls as sysctl(8) prints them.</summary>
    private static string Sysctls(ProcTree proc)
    {
        const string folder = "sys/";
        var text = new System.Text.StringBuilder();
        foreach ((string path, string value) in proc.Files.Where(file => file.Key.StartsWith(folder, StringComparison.Ordinal)))
            text.Append(CultureInfo.InvariantCulture, $"{path[folder.Length..].Replace('/', '.')} = {value.TrimEnd('\n')}\n");
        return text.ToString();
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private List<RunSample> Samples()
    {
        IReadOnlyList<MemorySample> samples = Sampler.Series().Samples;
        IReadOnlyList<ProcfsCounter> first = _vmstat[0].Counters;
        int[] moved = [.. Enumerable.Range(0, first.Count).Where(counter => _vmstat.Exists(vmstat => vmstat.Counters[counter].Value != first[counter].Value))];
        var rows = new List<RunSample>();
        for (int index = 0; index < samples.Count; index++)
        {
            IReadOnlyList<ProcfsCounter> counters = _vmstat[index].Counters;
            rows.Add(new RunSample(index + 1, samples[index], _reclaim[index], _processSamples[index], [.. moved.Select(counter => new RunVmstat(counters[counter].Name, counters[counter].Value))]));
        }

        return rows;
    }

    private RunProcessSample[] ProcessSamples()
    {
        var faults = new SortedDictionary<int, long>();
        for (int task = 1; task < _machine.Tasks.Tasks.HighWater; task++)
        {
            ref TaskStruct one = ref _machine.Tasks.Tasks[task];
            if (!one.HasExited && one.Mm != 0)
                faults[one.GroupLeader] = faults.GetValueOrDefault(one.GroupLeader) + one.MinorFaults + one.MajorFaults;
        }

        var rows = new List<RunProcessSample>();
        foreach ((int leader, long count) in faults)
        {
            ref TaskStruct one = ref _machine.Tasks.Tasks[leader];
            RssCounters rss = _machine.AddressSpaces.Mms[one.Mm].Rss;
            if (one.Mm != 0)
                rows.Add(new RunProcessSample(one.Tgid, rss.Total, rss.SwapEntries, count));
        }

        return [.. rows.OrderByDescending(row => row.RssPages + row.SwapPages).Take(MostProcessesOfSample).OrderBy(row => row.Pid)];
    }

    private List<RunWatermark> Watermarks()
    {
        var rows = new List<RunWatermark>();
        for (int index = 0; index < _machine.Zones.ZoneCount; index++)
        {
            ref Zone zone = ref _machine.Zones[index];
            if (zone.IsPopulated)
                rows.Add(new RunWatermark(zone.Type.Name(), zone.Node, zone.Watermark[(int)Watermark.Min], zone.Watermark[(int)Watermark.Low], zone.Watermark[(int)Watermark.High], zone.ManagedPages, zone.StartPfn, zone.SpannedPages));
        }

        return rows;
    }
}
