using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Oom;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.SystemCalls;
using Pagewise.Kernel.Tasks;
using Pagewise.Procfs.Oom;
using Pagewise.Replay.Comparing;
using Pagewise.Replay.Recorded;
using Pagewise.Workloads;

namespace Pagewise.Replay;

/// <summary>
/// Makes a recording happen again: a machine as the recording's header describes it, a task for each thread, every
/// call and every access in the recorded order. Deterministic: same recording and options, same machine at the end.
/// </summary>
public sealed partial class Replayer : IDisposable, IOomSink
{
    private readonly RecordingReader _reader;
    private readonly ReplayOptions _options;
    private readonly Prologue _prologue;
    private readonly FileWorld _files;
    private readonly SystemCalls _calls;
    private readonly Dictionary<int, ReplayTask> _tasks = [];
    private readonly SortedDictionary<string, long> _warnings = new(StringComparer.Ordinal);
    private readonly EventBatch _spare = new();
    private EventBatch _batch = new();
    private readonly ReplayMode _mode;
    private long _assumedAccesses;
    private ReplaySpace? _current;
    private bool _hasSteps;
    private bool _isInBatch;
    private bool _isStopped;
    private TlbCounters _mark;

    /// <summary>Reads the recording's beginning and switches the machine on.</summary>
    /// <param name="reader">The recording; the caller disposes it.</param>
    /// <param name="options">How to replay it.</param>
    /// <exception cref="RecordingException">The recording cannot be read.</exception>
    public Replayer(RecordingReader reader, ReplayOptions options)
    {
        _reader = reader;
        _options = options;
        _prologue = Prologue.Read(reader);
        _mode = options.Mode;
        if (_mode == ReplayMode.Check && (_prologue.Settings.IsPlacedByValgrind || reader.Format == RecordingFormat.Lackey))
        {
            _mode = ReplayMode.Free;
            Warn("valgrind places memory itself: addresses and maps are not compared");
        }

        MachineSpec spec = _prologue.Settings.Apply(options.Machine ?? ReplayOptions.AssumedMachine);
        if (options.Configure is not null)
            spec = options.Configure(spec);
        try
        {
            Machine = Machine.Create(spec);
        }
        catch (ArgumentException exception)
        {
            throw new ReplayException($"no such machine can be: {exception.Message}");
        }

        _calls = Machine.SystemCalls;
        KernelLog = new KernelLog(Machine);
        Machine.OomKiller.Sink = this;
        _files = new FileWorld(Machine.Inodes, options.DiskOfTmpfsRoot);
        foreach ((string path, ulong sizeBytes) in options.FileSizes ?? new Dictionary<string, ulong>())
            _files.SetSize(_files.ByPath(path), sizeBytes);
        Log = options.Log ?? new ResultLog(options.DifferenceLimit);
    }

    /// <summary>The machine.</summary>
    public Machine Machine { get; }

    /// <summary>What the modelled kernel printed.</summary>
    public KernelLog KernelLog { get; }

    /// <summary>Recorded results compared with the model's.</summary>
    public ResultLog Log { get; }

    /// <summary>Who is told of the replay.</summary>
    public IReplayObserver? Observer { get; set; }

    /// <summary>The recording's line replayed last.</summary>
    public long Line { get; private set; }

    /// <summary>The task, by index, whose call or touch was compared last; 0: none yet.</summary>
    public int LastTask { get; private set; }

    /// <summary>How the model ended it: <c>0</c> or an error's name for a call, <c>ok</c> or <c>SIGSEGV_code_1</c> for a touch.</summary>
    public string LastOutcome { get; private set; } = "";

    /// <summary>Minor faults that it took, for a touch; else 0.</summary>
    public long LastMinorFaults { get; private set; }

    /// <summary>Major faults that it took, for a touch; else 0.</summary>
    public long LastMajorFaults { get; private set; }

    /// <summary>Pages that the last mincore found in memory.</summary>
    public int LastResident { get; private set; }

    /// <summary>Events replayed.</summary>
    public long Events { get; private set; }

    /// <summary>The file that a path names in the recording; 0 when it was not met yet.</summary>
    internal int FileByPath(string path) => _files.Find(path);

    /// <summary>Accesses replayed, those of touches included.</summary>
    public long Accesses { get; private set; }

    /// <summary>Whether the recording has accesses or touches.</summary>
    public bool HasAccesses => Accesses > 0;

    /// <summary>Accesses that no recording shows: made by the <see cref="TouchAssumption"/>.</summary>
    public long AssumedAccesses => _assumedAccesses + (HeapPlayer?.AssumedAccesses ?? 0);

    /// <summary>Accesses that got a signal which the recording does not show.</summary>
    public long UnexpectedSignals { get; private set; }

    /// <summary>Stack pages adopted from copies of the maps: grown by faults that the recording does not show.</summary>
    public ulong AdoptedStackPages { get; private set; }

    /// <summary>Calls passed over because the recording lacks the copy of the program that made them.</summary>
    public long PassedOver { get; private set; }

    /// <summary>
    /// What could not be replayed as recorded, each kind once with how often it happened; calls without a decoder
    /// are in <see cref="RecordingReader.UnknownCalls"/>.
    /// </summary>
    public IReadOnlyDictionary<string, long> Warnings => _warnings;

    /// <summary>The threads met so far, by the recording's number.</summary>
    public IReadOnlyDictionary<int, ReplayTask> Tasks => _tasks;

    /// <summary>Replays everything.</summary>
    /// <exception cref="RecordingException">The recording is damaged; what came before was replayed.</exception>
    public void Run() => Run(long.MaxValue);

    /// <summary>Ends the replay after the event that is being replayed: what the recording has after it is left out. An observer may call it.</summary>
    public void Stop() => _isStopped = true;

    /// <summary>Replays up to and with a line of the recording; a later call goes on from there.</summary>
    /// <exception cref="RecordingException">The recording is damaged; what came before was replayed.</exception>
    public void Run(long lastLine)
    {
        try
        {
            RunEvents(lastLine);
        }
        catch (KernelPanicException exception)
        {
            Panic = exception.Message;
            Warn($"the kernel panicked ({exception.Message}): what the recording has after line {Line} was not replayed");
            _copy = null;
            EndSpaces();
        }
    }

    private void RunEvents(long lastLine)
    {
        while (!_isStopped && (_isInBatch || TakeBatch()))
        {
            for (; _position < _batch.Events.Count && !_isStopped; _position++)
            {
                Event step = _batch.Events[_position];
                if (step.Line > lastLine)
                    return;
                if (_advanced.Count == 0 || !_advanced.Remove(_position))
                    Replay(step);
            }

            _isInBatch = false;
            Observer?.BatchDone(this);
        }

        FinishCopy();
        if (!_hasSteps)
            throw new ReplayException($"{_reader.File}: holds no recorded call and no access");
        EndSpaces();
        if (EventsOfKilled > 0)
            _warnings["the recording goes on with processes that the model's OOM killer had ended: passed over"] = EventsOfKilled;
        foreach (KeyValuePair<string, long> warning in HeapPlayer?.Warnings ?? new Dictionary<string, long>())
            _warnings[warning.Key] = warning.Value;
    }

    private bool TakeBatch()
    {
        if (_prologue.Next(_reader, _spare) is not { } batch)
            return false;
        _batch = batch;
        _advanced.Clear();
        _position = 0;
        return _isInBatch = true;
    }

    /// <summary>Why the modelled kernel panicked, which ended the replay; null: it did not.</summary>
    public string? Panic { get; private set; }

    /// <inheritdoc/>
    public void Dispose() => Machine.Dispose();

    private void Replay(Event step)
    {
        if (_copy is not null && !BelongsToCopy(step))
            FinishCopy();
        Line = step.Line;
        Events++;
        _hasSteps |= step.Kind != EventKind.Note;
        if (step.Kind != EventKind.Note && _killedTasks != 0 && PassOverKilled(step))
            return;
        Perform(step);
        _ = _calls.ReturnToUser();
        if (_killsSeen != Machine.VmStat.OomKill)
            TakeKills();
    }

    private void Perform(Event step)
    {
        switch (step.Kind)
        {
            case EventKind.Call:
                ReplayCall(step, ref _batch.Calls[step.Index]);
                Observer?.CallDone(this, TaskOf(step.Tid), in _batch.Calls[step.Index]);
                break;
            case EventKind.Access:
                ReplayAccesses(TaskOf(step.Tid), _batch.AccessRuns.Span.Slice(step.Index, step.Count));
                break;
            case EventKind.Touch:
                ReplayTouch(step, ref _batch.Touches[step.Index]);
                Observer?.TouchDone(this, TaskOf(step.Tid), in _batch.Touches[step.Index]);
                break;
            case EventKind.HeapCall:
                ReplayHeapCall(step, _batch.HeapCalls[step.Index]);
                break;
            case EventKind.Note:
                ReplayNote(step, ref _batch.Notes[step.Index]);
                break;
        }
    }

    // The task of a thread; a thread that nobody was seen to make is the first of a process that ran before.
    private ReplayTask TaskOf(int tid)
    {
        if (_isHeap && tid != 0 && !_endedThreads.Contains(tid))
            return HeapThread(tid);
        if (_tasks.TryGetValue(tid, out ReplayTask? task))
            return task;
        task = new ReplayTask { RecordedTid = tid, Space = new ReplaySpace() };
        _tasks.Add(tid, task);
        return task;
    }

    // As TaskOf, with a program in its address space.
    private ReplayTask RunningTaskOf(int tid)
    {
        ReplayTask task = TaskOf(tid);
        SwitchTo(task.Space);
        if (task.Task == 0 && !task.IsPassedOver)
            StartWithoutExec(task);
        return task;
    }

    private int CreateTask(ReplayTask task, string comm)
    {
        task.Task = _calls.CreateInitialTask(task.RecordedTid, comm);
        if (task.Task == 0)
            throw new ReplayException("no memory for another task");
        PlaceInCgroup(task, comm);
        OpenPreopenedFiles(task);
        return task.Task;
    }

    private void OpenPreopenedFiles(ReplayTask task)
    {
        foreach (PreopenedFile file in _prologue.Settings.Files)
        {
            InodeKind kind = file.FileSystem == "tmpfs" ? InodeKind.Shmem : InodeKind.Regular;
            int inode = _files.Nameless(string.Create(CultureInfo.InvariantCulture, $"fd {file.Fd}"), kind, file.SizeBytes);
            FillPreopenedFile(inode, file);
            _calls.Open(task.Task, inode, file.IsWritable ? OpenFlags.ReadWrite : OpenFlags.ReadOnly, file.Fd);
        }
    }

    // How a file was written decides the folios it is cached in.
    private void FillPreopenedFile(int inode, PreopenedFile file)
    {
        if (file.WriteBytes == 0)
            return;
        Machine.Inodes.Inodes[inode].WarmPages = 0;
        for (ulong offset = 0; offset < file.SizeBytes; offset += file.WriteBytes)
        {
            if (!Machine.PageTables.WriteFile(inode, offset, Math.Min(file.WriteBytes, file.SizeBytes - offset)))
                throw new ReplayException("no memory for the files that the recording starts with");
        }
    }

    // What the MMUs did since the last call is that address space's in which it happened.
    private void SwitchTo(ReplaySpace? space)
    {
        if (space == _current)
            return;
        TlbCounters now = Machine.TotalTlbCounters();
        if (_current is not null)
        {
            TlbCounters done = now;
            done.Subtract(_mark);
            _current.Translation.Add(done);
        }

        _mark = now;
        _current = space;
    }

    private ref TaskStruct StructOf(ReplayTask task) => ref Machine.Tasks.Tasks[task.Task];

    private void Warn(string warning) => _warnings[warning] = _warnings.GetValueOrDefault(warning) + 1;

    // Each address space that still lives is shown to the observer once.
    private void EndSpaces()
    {
        SwitchTo(null);
        var seen = new HashSet<int>();
        foreach (ReplayTask task in _tasks.Values)
        {
            if (task.Task != 0 && !task.IsPassedOver && seen.Add(StructOf(task).Mm))
                Observer?.SpaceEnding(this, task);
        }
    }
}
