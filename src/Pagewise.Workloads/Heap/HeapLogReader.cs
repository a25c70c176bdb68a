using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>
/// What the readers of other tools' allocation logs share. Their calls become those of a heap recording; a
/// <see cref="NoteKind.HeapLacks"/> note in front says what the log does not have.
/// </summary>
internal abstract class HeapLogReader : RecordingReader
{
    private readonly string _lacks;
    private bool _begun;

    protected HeapLogReader(InputBuffer input, RecordingFormat format, string lacks)
        : base(input.File, format)
    {
        Lines = new LineReader(input);
        _lacks = $"# lacks: {lacks}";
    }

    protected LineReader Lines { get; }

    protected abstract void TakeLine(ReadOnlySpan<byte> line, EventBatch batch);

    private protected sealed override bool ReadCore(EventBatch batch)
    {
        if (!_begun)
        {
            _begun = true;
            AddNote(batch, _lacks, NoteKind.HeapLacks, "# lacks: ".Length);
        }

        while (!batch.IsFull)
        {
            if (!Lines.TryRead(out ReadOnlySpan<byte> line))
                return false;
            TakeLine(line, batch);
        }

        return true;
    }

    private protected sealed override void Dispose(bool disposing)
    {
        if (disposing)
            Lines.Dispose();
    }

    /// <summary>Adds a line of the recorder's own to the events.</summary>
    protected void AddNote(EventBatch batch, string line, NoteKind kind, int bodyStart) =>
        NoteParser.Add(batch, System.Text.Encoding.UTF8.GetBytes(line), Lines.LineNumber, kind, bodyStart, 0, 0);

    protected void Add(EventBatch batch, int tid, in HeapCallRecord call)
    {
        batch.Events.Add(new Event(EventKind.HeapCall, batch.HeapCalls.Count, 1, tid, Lines.LineNumber));
        batch.HeapCalls.Add(call);
    }

    protected static HeapCallRecord Call(HeapFunction function, ulong argument, ulong result) =>
        new() { Function = function, ArgCount = 1, Arg0 = argument, Result = result, HasResult = true, Error = Errno.None };

    protected static HeapCallRecord Call(HeapFunction function, ulong first, ulong second, ulong result) =>
        new() { Function = function, ArgCount = 2, Arg0 = first, Arg1 = second, Result = result, HasResult = true, Error = Errno.None };
}
