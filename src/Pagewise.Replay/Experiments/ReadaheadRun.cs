using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.PageCache;
using Pagewise.Workloads;

namespace Pagewise.Replay.Experiments;

/// <summary>
/// Watches the replay of an experiment on readahead: what each call of a sub-case does to the page cache, compared with its
/// row of readahead.tsv. As in the recording, no read is in flight when the next call begins.
/// </summary>
internal sealed class ReadaheadRun : IReplayObserver, IFileTracepoints
{
    /// <summary>The recorded rows.</summary>
    public const string FileName = "readahead.tsv";

    private const string Mark = "# subcase ";

    private readonly ExperimentFiles _files;
    private readonly Action<string> _comparing;
    private readonly Dictionary<(string Subcase, int Access), ReadaheadRow> _rows = [];
    private readonly Dictionary<string, HashSet<string>> _measuredFiles = [];
    private readonly HashSet<string> _subcasesWithEntries = [];
    private readonly Dictionary<string, Totals> _totals = [];
    private readonly List<ulong> _added = [];
    private readonly List<ulong> _removed = [];
    private readonly List<string> _requests = [];
    private readonly List<string> _windows = [];
    private readonly SortedSet<ulong> _looseEntries = [];
    private Machine? _machine;
    private string _subcase = "";
    private int _access;
    private bool _usedMark;
    private int _mm;
    private ulong _mapStart;
    private bool[] _present = [];
    private bool[] _now = [];

    /// <summary>Makes a watcher.</summary>
    /// <param name="files">The experiment.</param>
    /// <param name="comparing">Told of the file that results belong to, before they are compared.</param>
    public ReadaheadRun(ExperimentFiles files, Action<string> comparing)
    {
        _files = files;
        _comparing = comparing;
        foreach (ReadaheadRow row in ReadaheadRow.Read(files, FileName))
        {
            _rows[(row.Subcase, row.Access)] = row;
            if (row.Cells[^1].Length > 0)
                _subcasesWithEntries.Add(row.Subcase);
        }

        if (!files.Has("mincore.tsv"))
            return;
        foreach (string line in files.Lines("mincore.tsv"))
        {
            string[] cells = line.Split('\t');
            if (cells.Length < 2)
                continue;
            if (!_measuredFiles.TryGetValue(cells[0], out HashSet<string>? measured))
                _measuredFiles.Add(cells[0], measured = []);
            measured.Add(cells[1]);
        }
    }

    /// <summary>The value of a sub-case's expectation; null when it is unknown.</summary>
    public string? Value(string at, string metric)
    {
        if (!_totals.TryGetValue(at, out Totals? totals))
            return null;
        long? value = metric switch
        {
            "rows" => totals.Rows,
            "pages_added" => totals.PagesAdded,
            "windows" => totals.Windows,
            "cached_end" => totals.CachedPages,
            _ => metric.StartsWith("accesses.", StringComparison.Ordinal) ? totals.Kinds.GetValueOrDefault(metric["accesses.".Length..]) : null,
        };
        return value?.ToString(CultureInfo.InvariantCulture);
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
        _machine = replayer.Machine;
        _machine.FilePages.Tracepoints = this;
        Clear(); // what a sysctl did is no call's
        if (!text.StartsWith(Mark, StringComparison.Ordinal))
            return;
        string[] words = text[Mark.Length..].Split(' ');
        if (words is [var begun, "begin"])
        {
            _subcase = begun;
            _totals[begun] = new Totals();
        }
        else
        {
            _totals[_subcase].CachedPages = _measuredFiles.GetValueOrDefault(_subcase)?.Sum(path => Cached(replayer.Machine, replayer.FileByPath(path))) ?? 0;
            _subcase = "";
        }

        _access = 0;
    }

    /// <inheritdoc/>
    public void CallDone(Replayer replayer, ReplayTask task, in CallRecord call)
    {
        if (_subcase.Length == 0)
            return;
        switch (call.Sysno)
        {
            case Sysno.Mmap when call.FdPath != 0 && call.Result > 0:
                _mm = replayer.Machine.Tasks.Tasks[task.Task].Mm;
                _mapStart = task.Space.Addresses.Translate((ulong)call.Result);
                _present = new bool[(call.Args[1] + 4095) >> 12];
                _now = new bool[_present.Length];
                _looseEntries.Clear();
                break;
            case Sysno.Munmap:
                _present = [];
                _now = [];
                break;
        }

        Compare(replayer, call.Sysno switch
        {
            Sysno.Fadvise64 => FadviseName((Fadvice)call.Args[3]),
            Sysno.Madvise => MadviseName((Madvice)call.Args[2]),
            _ => null,
        });
    }

    /// <inheritdoc/>
    public void TouchDone(Replayer replayer, ReplayTask task, in TouchRecord touch)
    {
        if (_subcase.Length == 0)
            return;
        string kind = replayer.LastOutcome != "ok" ? "SIGBUS" : replayer.LastMajorFaults > 0 ? "major" : replayer.LastMinorFaults > 0 ? "minor" : "none";
        Compare(replayer, kind);
    }

    /// <inheritdoc/>
    void IFileTracepoints.MmFilemapAddToPageCache(int inode, ulong index, uint pfn)
    {
        // The rows tell of the file alone.
        if (inode != _machine!.FilePages.Buffers.DeviceInode)
            _added.Add(index);
    }

    /// <inheritdoc/>
    void IFileTracepoints.MmFilemapDeleteFromPageCache(int inode, ulong index, uint pfn)
    {
        if (inode != _machine!.FilePages.Buffers.DeviceInode)
            _removed.Add(index);
    }

    /// <inheritdoc/>
    void IFileTracepoints.PageCacheSyncRa(int inode, ulong index, ulong requestPages) =>
        _requests.Add(string.Create(CultureInfo.InvariantCulture, $"s{index}/{requestPages}"));

    /// <inheritdoc/>
    void IFileTracepoints.PageCacheAsyncRa(int inode, ulong index, ulong requestPages)
    {
        _requests.Add(string.Create(CultureInfo.InvariantCulture, $"a{index}/{requestPages}"));
        _usedMark = true;
    }

    /// <inheritdoc/>
    void IFileTracepoints.PageCacheRaUnbounded(int inode, ulong start, ulong pages, ulong lookaheadPages) =>
        _windows.Add(string.Create(CultureInfo.InvariantCulture, $"{start}+{pages}~{lookaheadPages}"));

    private static string FadviseName(Fadvice advice) => advice.ToString().ToUpperInvariant();

    private static string MadviseName(Madvice advice) => advice.ToString().ToUpperInvariant();

    private static long Cached(Machine machine, int inode)
    {
        long cached = 0;
        for (ulong index = 0; inode != 0 && index < machine.Inodes.Inodes[inode].SizePages; index++)
            cached += machine.FilePages.IsCached(inode, index) ? 1 : 0;
        return cached;
    }

    private void Compare(Replayer replayer, string? kind)
    {
        replayer.Machine.BlockDevices.Drain();
        if (!_rows.TryGetValue((_subcase, _access), out ReadaheadRow? row))
            throw new RecordingException(_files.PathOf(FileName), $"has no access {_access} of {_subcase}, which the workload has");
        kind ??= row.Call is "read" or "pread64" ? ReadKind(replayer, row) : "";
        if (_usedMark && kind.Length > 0)
            kind += "+async";
        Totals totals = _totals[_subcase];
        totals.Rows++;
        totals.PagesAdded += _added.Count;
        totals.Windows += _windows.Count;
        totals.Kinds[kind] = totals.Kinds.GetValueOrDefault(kind) + 1;
        _comparing(_files.PathOf(FileName));
        string[] got = [kind, PageRuns.Of(_added), PageRuns.Of(_removed), string.Join(' ', _requests), string.Join(' ', _windows), Entries(replayer.Machine, row.Cells[^1], row)];
        int differing = 0;
        while (differing < got.Length && got[differing] == row.Cells[differing])
            differing++;
        if (differing == got.Length)
            replayer.Log.Same();
        else
            replayer.Log.Differs(row.Line, $"{row.Subcase} access {row.Access} {row.Call} {ReadaheadRow.CellNames[differing]}", row.Cells[differing], got[differing]);
        _comparing(_files.PathOf("workload.log"));
        _access++;
        Clear();
    }

    private void Clear()
    {
        _added.Clear();
        _removed.Clear();
        _requests.Clear();
        _windows.Clear();
        _usedMark = false;
    }

    /// <summary>What a read found: the pages that it brought in were not there.</summary>
    private string ReadKind(Replayer replayer, ReadaheadRow row)
    {
        ulong size = replayer.Machine.Inodes.Inodes[replayer.FileByPath(row.File)].SizeBytes;
        if ((ulong)row.Offset >= size)
            return "eof";
        ulong first = (ulong)row.Offset >> 12;
        ulong last = (Math.Min(size, (ulong)(row.Offset + row.Length)) - 1) >> 12;
        if (_added.Contains(first))
            return "miss";
        return _added.Exists(index => index > first && index <= last) ? "partial" : "hit";
    }

    /// <summary>
    /// Entries that came and went. Whether those behind a ~ are made depends on when the device was done: where the model
    /// then has others, these pages are left out of later rows too.
    /// </summary>
    private string Entries(Machine machine, string recorded, ReadaheadRow row)
    {
        if (_present.Length == 0 || !_subcasesWithEntries.Contains(row.Subcase))
            return "";
        machine.ReadPresence(_mm, _mapStart, _now);
        SortedSet<ulong> plus = [], minus = [];
        for (int page = 0; page < _now.Length; page++)
        {
            if (_now[page] != _present[page])
                (_now[page] ? plus : minus).Add((ulong)page);
        }

        (_present, _now) = (_now, _present);
        if (recorded.Length == 0 && plus.Count == 0 && minus.Count == 0)
            return "";
        bool isLoose = recorded.StartsWith('~');
        SortedSet<ulong> recordedPlus = [], recordedMinus = [];
        if (!PageRuns.TryReadSigned(isLoose ? recorded[1..] : recorded, recordedPlus, recordedMinus))
            throw new RecordingException(_files.PathOf(FileName), row.Line, 1, "expected runs of pages such as +0-15,-16-16 in the last column");
        if (isLoose)
        {
            _looseEntries.UnionWith(plus.Except(recordedPlus));
            _looseEntries.UnionWith(recordedPlus.Except(plus));
        }

        plus.ExceptWith(_looseEntries);
        minus.ExceptWith(_looseEntries);
        recordedPlus.ExceptWith(_looseEntries);
        recordedMinus.ExceptWith(_looseEntries);
        if (plus.SetEquals(recordedPlus) && minus.SetEquals(recordedMinus))
            return recorded;
        return string.Join(',', ((string[])[PageRuns.Of([.. plus], '+'), PageRuns.Of([.. minus], '-')]).Where(part => part.Length > 0));
    }

    /// <summary>What a sub-case came to.</summary>
    private sealed class Totals
    {
        public long Rows { get; set; }

        public long PagesAdded { get; set; }

        public long Windows { get; set; }

        public long CachedPages { get; set; }

        public Dictionary<string, long> Kinds { get; } = [];
    }
}
