using System.Text;
using Pagewise.Abi;
using Pagewise.Procfs;
using Pagewise.Workloads;

namespace Pagewise.Replay.Recorded;

/// <summary>
/// What has to be known before the first event is replayed: the machine that the header describes and, where the
/// recording begins after execve, the program of the first task, as the first copy of its maps shows it. The batches
/// read on the way are kept and replayed.
/// </summary>
internal sealed class Prologue
{
    private const int BatchLimit = 64;

    private readonly Queue<EventBatch> _batches = [];
    private int _firstTid = -1;
    private bool _isDone;
    private bool _inCopy;

    private Prologue()
    {
    }

    /// <summary>What the header says.</summary>
    public RecordingSettings Settings { get; } = new();

    /// <summary>The first copy of the first task's maps, null where the recording begins with execve or has no copy.</summary>
    public ProcessCopy? InitialCopy { get; private set; }

    /// <summary>The first task's limits, null where the recording does not tell them so early.</summary>
    public RecordedFields? Limits { get; private set; }

    /// <summary>Read-only mprotect calls before <see cref="InitialCopy"/>.</summary>
    public List<(ulong Start, ulong End)> Protects { get; } = [];

    /// <summary>The first task's break at its first call, 0 when not seen.</summary>
    public ulong FirstBreak { get; private set; }

    /// <summary>Whether anything in the part read ahead is an access or a touch.</summary>
    public bool HasAccesses { get; private set; }

    /// <summary>Reads ahead.</summary>
    public static Prologue Read(RecordingReader reader)
    {
        var prologue = new Prologue();
        while (!prologue._isDone && prologue._batches.Count < BatchLimit)
        {
            var batch = new EventBatch();
            if (!reader.Read(batch))
                break;
            prologue._batches.Enqueue(batch);
            prologue.HasAccesses |= batch.AccessRuns.Count > 0 || batch.Touches.Count > 0;
            prologue.Scan(batch);
        }

        return prologue;
    }

    /// <summary>The next batch, read ahead or from the reader; null at the end.</summary>
    public EventBatch? Next(RecordingReader reader, EventBatch spare)
    {
        if (_batches.TryDequeue(out EventBatch? batch))
            return batch;
        return reader.Read(spare) ? spare : null;
    }

    private void Scan(EventBatch batch)
    {
        foreach (Event step in batch.Events.Span)
        {
            if (step.Kind == EventKind.Note)
                ScanNote(batch, step, ref batch.Notes[step.Index]);
            else
                ScanStep(batch, step);
            if (_isDone)
                return;
        }
    }

    private void ScanNote(EventBatch batch, Event step, ref NoteRecord note)
    {
        if (note.Kind is NoteKind.Header or NoteKind.Kernel or NoteKind.Comment or NoteKind.Tool)
            Settings.Read(Encoding.UTF8.GetString(batch.Line(note)));
        if (note.Kind == NoteKind.Limits && (_firstTid < 0 || step.Tid == _firstTid))
        {
            Limits ??= new RecordedFields(Encoding.UTF8.GetString(batch.Body(note)));
            return;
        }

        if (note.Kind != NoteKind.Map || (_firstTid >= 0 && step.Tid != _firstTid))
        {
            _isDone |= _inCopy;
            return;
        }

        if (!MapsLine.TryParse(batch.Body(note), out MapsLine line, out _))
            return;
        _inCopy = true;
        InitialCopy ??= new ProcessCopy { Pid = step.Tid, Occasion = "start" };
        InitialCopy.Maps.Add((line, step.Line));
    }

    private void ScanStep(EventBatch batch, Event step)
    {
        if (_inCopy)
        {
            _isDone = true;
            return;
        }

        if (_firstTid < 0)
            _firstTid = step.Tid;
        if (step.Kind != EventKind.Call || step.Tid != _firstTid)
            return;
        ref CallRecord call = ref batch.Calls[step.Index];
        switch (call.Sysno)
        {
            case Sysno.Execve or Sysno.Execveat:
                _isDone = true;
                break;
            case Sysno.Brk when FirstBreak == 0:
                FirstBreak = (ulong)call.Result;
                break;
            case Sysno.Mprotect when call.Result == 0 && (Prot)call.Args[2] == Prot.Read:
                Protects.Add((call.Args[0], call.Args[0] + ((call.Args[1] + 4095) & ~4095UL)));
                break;
        }
    }
}
