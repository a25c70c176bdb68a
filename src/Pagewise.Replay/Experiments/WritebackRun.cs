using System.Globalization;
using Pagewise.Kernel;
using Pagewise.Kernel.PageCache;
using Pagewise.Procfs;
using Pagewise.Replay.Comparing;
using Pagewise.Workloads;

namespace Pagewise.Replay.Experiments;

/// <summary>
/// Watches the replay of an experiment on dirty pages: at which calls the task looked whether there are too many
/// (dirtystate.tsv), when the flusher was started, and what touches took (touches.tsv).
/// </summary>
internal sealed class WritebackRun : IReplayObserver, IWritebackTracepoints
{
    /// <summary>The recorded looks at the dirty pages.</summary>
    public const string FileName = "dirtystate.tsv";

    private const string TouchesName = "touches.tsv";
    private const string SubcaseMark = "# subcase ";
    private const string SnapshotMark = "# snapshot ";

    private readonly ExperimentFiles _files;
    private readonly Action<string> _comparing;
    private readonly Dictionary<(string Subcase, int Access), (int Line, int Minor, int Major)> _touches = [];
    private readonly Dictionary<string, Totals> _totals = [];
    private readonly Dictionary<string, DirtyLimits> _givenLimits = [];
    private string _subcase = "";
    private int _access;

    /// <summary>Makes a watcher.</summary>
    /// <param name="files">The experiment.</param>
    /// <param name="comparing">Told of the file that results belong to, before they are compared.</param>
    public WritebackRun(ExperimentFiles files, Action<string> comparing)
    {
        _files = files;
        _comparing = comparing;
        foreach ((int line, string[] cells) in Rows(TouchesName, 4))
            _touches[(cells[0], Number(TouchesName, line, cells[1]))] = (line, Number(TouchesName, line, cells[2]), Number(TouchesName, line, cells[3]));
    }

    /// <summary>The value of a sub-case's expectation, or of one that is computed from a recorded snapshot; null when it is unknown.</summary>
    public string? Value(string at, string metric)
    {
        if (metric.EndsWith("_given_vmstat", StringComparison.Ordinal) && _givenLimits.TryGetValue(at, out DirtyLimits limits))
            return (metric.StartsWith("dirty_", StringComparison.Ordinal) ? limits.Threshold : limits.Background).ToString(CultureInfo.InvariantCulture);
        if (!_totals.TryGetValue(at, out Totals? totals))
            return null;
        long? value = metric switch
        {
            "checks" => totals.Checks.Count,
            "first_background_start_access" => totals.FirstBackground,
            "first_throttle_access" => totals.FirstThrottle,
            "max_nr_dirty" => totals.MostDirty,
            "max_nr_writeback" => totals.MostWriteback,
            _ => null,
        };
        return value?.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Compares at which calls the task looked, for the sub-cases where that leaves nothing to timing.</summary>
    public void CompareChecks(ResultLog log, Func<string, bool> isExact)
    {
        _comparing(_files.PathOf(FileName));
        var seen = new Dictionary<string, int>();
        foreach ((int line, string[] cells) in Rows(FileName, 4))
        {
            if (cells[2] != "in" || cells[3] != "task" || !isExact(cells[0]) || !_totals.TryGetValue(cells[0], out Totals? totals))
                continue;
            int number = seen.GetValueOrDefault(cells[0]);
            seen[cells[0]] = number + 1;
            // Beyond the first start of the flusher it is a matter of timing.
            if (totals.FirstBackground is not null && number >= totals.Checks.Count)
                continue;
            string got = number < totals.Checks.Count ? totals.Checks[number].ToString(CultureInfo.InvariantCulture) : "none";
            log.Compare(line, $"{cells[0]} access of look {number} at the dirty pages", cells[1], got);
        }
    }

    /// <inheritdoc/>
    public void SpaceEnding(Replayer replayer, ReplayTask task)
    {
    }

    /// <inheritdoc/>
    public void BatchDone(Replayer replayer)
    {
    }

    /// <inheritdoc/>
    public void Noted(Replayer replayer, string text)
    {
        replayer.Machine.Writeback.Tracepoints = this;
        if (text.StartsWith(SnapshotMark, StringComparison.Ordinal))
            TakeGivenLimits(replayer.Machine, text[SnapshotMark.Length..].Split(' ')[0]);
        if (!text.StartsWith(SubcaseMark, StringComparison.Ordinal))
            return;
        string[] words = text[SubcaseMark.Length..].Split(' ');
        _subcase = words is [var name, "begin"] ? name : "";
        _access = 0;
        if (_subcase.Length > 0)
            _totals[_subcase] = new Totals();
    }

    /// <inheritdoc/>
    public void CallDone(Replayer replayer, ReplayTask task, in CallRecord call) => Done(replayer.Machine);

    /// <inheritdoc/>
    public void TouchDone(Replayer replayer, ReplayTask task, in TouchRecord touch)
    {
        if (_touches.TryGetValue((_subcase, _access), out (int Line, int Minor, int Major) recorded))
        {
            _comparing(_files.PathOf(TouchesName));
            replayer.Log.Compare(recorded.Line, $"{_subcase} access {_access} touch",
                $"minor {recorded.Minor} major {recorded.Major}", $"minor {replayer.LastMinorFaults} major {replayer.LastMajorFaults}");
            _comparing(_files.PathOf("workload.log"));
        }

        Done(replayer.Machine);
    }

    /// <inheritdoc/>
    void IWritebackTracepoints.GlobalDirtyState(long dirty, long writeback, DirtyLimits limits)
    {
        if (!_totals.TryGetValue(_subcase, out Totals? totals) || totals.FirstBackground is not null)
            return;
        totals.Checks.Add(_access);
    }

    /// <inheritdoc/>
    void IWritebackTracepoints.BalanceDirtyPages(in DirtyBalance balance)
    {
        if (_totals.TryGetValue(_subcase, out Totals? totals))
            totals.FirstThrottle ??= _access;
    }

    /// <inheritdoc/>
    void IWritebackTracepoints.WritebackStart(bool isBackground)
    {
        if (isBackground && _totals.TryGetValue(_subcase, out Totals? totals))
            totals.FirstBackground ??= _access;
    }

    /// <inheritdoc/>
    void IWritebackTracepoints.WritebackSingleInodeStart(int inode, long toWrite)
    {
    }

    /// <inheritdoc/>
    void IWritebackTracepoints.WritebackSingleInode(int inode, long toWrite, long wrote)
    {
    }

    private void Done(Machine machine)
    {
        if (!_totals.TryGetValue(_subcase, out Totals? totals))
            return;
        totals.MostDirty = Math.Max(totals.MostDirty, machine.VmStat.NrDirty);
        totals.MostWriteback = Math.Max(totals.MostWriteback, machine.VmStat.NrWriteback);
        _access++;
    }

    /// <summary>The limits that the recorded counters of a snapshot give.</summary>
    private void TakeGivenLimits(Machine machine, string tag)
    {
        if (!_files.Has($"{tag}.vmstat"))
            return;
        Vmstat vmstat = _files.Parse($"{tag}.vmstat", Vmstat.Parse);
        ulong files = (ulong)((vmstat["nr_inactive_file"] ?? 0) + (vmstat["nr_active_file"] ?? 0));
        ulong dirtyable = DirtyLimits.Dirtyable((ulong)(vmstat["nr_free_pages"] ?? 0), machine.Zones.TotalReservePages, files);
        _givenLimits[tag] = DirtyLimits.Of(machine.Writeback.Settings, dirtyable);
    }

    private IEnumerable<(int Line, string[] Cells)> Rows(string name, int columns)
    {
        if (!_files.Has(name))
            yield break;
        string[] lines = _files.Lines(name);
        for (int i = 1; i < lines.Length; i++)
        {
            string[] cells = lines[i].Split('\t');
            if (cells.Length < columns)
                throw new RecordingException(_files.PathOf(name), i + 1, 1, $"expected {columns} columns at least, there are {cells.Length}");
            yield return (i + 1, cells);
        }
    }

    private int Number(string name, int line, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? value
            : throw new RecordingException(_files.PathOf(name), line, 1, $"expected a number, there is '{text}'");

    /// <summary>What a sub-case came to.</summary>
    private sealed class Totals
    {
        public List<int> Checks { get; } = [];

        public long? FirstBackground { get; set; }

        public long? FirstThrottle { get; set; }

        public long MostDirty { get; set; }

        public long MostWriteback { get; set; }
    }
}
