using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>
/// Reads strace text: <c>-f</c> with pids or <c>[pid N]</c>, <c>-y</c>, any of the time stamp options, the comments of
/// <c>oracle/README.md</c> and <c>touch</c> lines. Calls are ordered by the line in which they returned: a call printed
/// as unfinished and resumed stands where it resumed, because strace prints a line when it sees the event, and what
/// other tasks did in between is visible to the result. One exception: where a child runs before the fork, vfork,
/// clone or clone3 that made it is resumed, that call stands before the child's first event
/// (<see cref="CallFlags.ChildRanFirst"/>).
/// </summary>
internal sealed partial class StraceReader : RecordingReader
{
    private const int LookAheadBytes = 256 << 10;
    private const int NoTid = -1;
    private const int HeaderLimit = 2 << 20;

    private readonly LineReader _lines;
    private readonly StraceCallParser _parser;
    private readonly Dictionary<int, PendingCall> _pending = [];
    private readonly Stack<PendingCall> _spare = new();
    private readonly HashSet<int> _seen = [];
    private readonly Column<byte> _joined = new(1024);
    private readonly Column<byte> _torn = new(256);
    private int _lastTid = NoTid;
    private int _rootPid;
    private int _pendingForks;
    private int _headerBytes;
    private bool _ended;

    public StraceReader(InputBuffer input)
        : base(input.File, RecordingFormat.Strace)
    {
        _lines = new LineReader(input);
        _parser = new StraceCallParser(Strings);
    }

    private protected override bool ReadCore(EventBatch batch)
    {
        while (!batch.IsFull)
        {
            if (!_lines.TryRead(out ReadOnlySpan<byte> line))
            {
                if (!_ended && _pending.Count > 0)
                    PlaceUnfinished(batch);
                _ended = true;
                return false;
            }

            TakeLine(line, batch);
        }

        return true;
    }

    private protected override void Dispose(bool disposing)
    {
        if (disposing)
            _lines.Dispose();
    }

    private void TakeLine(ReadOnlySpan<byte> line, EventBatch batch)
    {
        if (_torn.Count > 0 && !line.StartsWith("strace: "u8))
        {
            // A message of strace stood in the middle of the line; see TakeTorn.
            line.CopyTo(_torn.AddMany(line.Length));
            line = _torn.Span.ToArray();
            _torn.Clear();
        }

        if (TakeTorn(line))
            return;
        var c = new Cursor(line, _lines);
        if (_headerBytes > 0 && !line.StartsWith("# kernel "u8))
        {
            // The command line of "# vm log" may hold newlines; the line "# kernel" ends it.
            _headerBytes += line.Length + 1;
            if (_headerBytes > HeaderLimit)
                throw c.Fail("the line \"# kernel\" after \"# vm log\"");
            NoteParser.Add(batch, line, _lines.LineNumber, NoteKind.Header, 0, 0, 0);
            return;
        }

        if (c.Next == '#')
        {
            TakeComment(ref c, batch);
            return;
        }

        if (line.Trim((byte)' ').IsEmpty)
            return;
        int tid = TaskOf(TakePrefix(ref c));
        switch (c.Next)
        {
            case (byte)'+' or (byte)'-':
                TakeMark(ref c, tid, batch);
                break;
            case (byte)'<':
                Meet(ref c, tid, batch);
                TakeResumed(ref c, tid, batch);
                break;
            default:
                if (tid == 0 && c.Rest.StartsWith("strace: "u8))
                {
                    NoteParser.Add(batch, line, _lines.LineNumber, NoteKind.Tool, "strace: ".Length, 0, 0);
                    break;
                }

                Meet(ref c, tid, batch);
                TakeCall(ref c, tid, batch);
                break;
        }
    }

    /// <summary>
    /// Keeps the start of a line that strace, writing to a terminal, tore: <c>fork(strace: Process 7 attached</c>, with
    /// the rest on a line of its own.
    /// </summary>
    private bool TakeTorn(ReadOnlySpan<byte> line)
    {
        if (!line.EndsWith(" attached"u8) || line[0] == '#')
            return false;
        int at = line.IndexOf("strace: Process "u8);
        if (at <= 0)
            return false;
        line[..at].CopyTo(_torn.AddMany(at));
        return true;
    }

    private void TakeComment(ref Cursor c, EventBatch batch)
    {
        if (c.TryTake("# touch "u8))
        {
            AddTouch(TouchParser.TakeComment(ref c), 0, batch);
            return;
        }

        NoteKind kind = NoteParser.Sort(ref c, out int tid, out ulong value);
        if (kind is NoteKind.Exited or NoteKind.Killed)
            Forget(tid, batch);
        else if (kind == NoteKind.Header && c.Rest.StartsWith("vm log"u8))
            _headerBytes = 1;
        else if (kind == NoteKind.Kernel)
            _headerBytes = 0;
        NoteParser.Add(batch, c.Text, _lines.LineNumber, kind, c.Position, tid, value);
    }

    private void TakeMark(ref Cursor c, int tid, EventBatch batch)
    {
        int body = c.Position;
        NoteKind kind = NoteParser.TakeMark(ref c, out ulong value);
        if (kind is NoteKind.Exited or NoteKind.Killed)
            Forget(tid, batch);
        else if (kind == NoteKind.Superseded)
            Supersede(tid, value, batch);
        NoteParser.Add(batch, c.Text, _lines.LineNumber, kind, body, tid, value);
    }

    // On a terminal strace names the first process only once there are others: "[pid N]" that no call made is the one
    // whose lines had no pid.
    private int TaskOf(int tid)
    {
        if (tid == _lastTid || tid == 0 || !_seen.Contains(0))
            return tid;
        if (_rootPid == 0 && _pendingForks == 0 && !_seen.Contains(tid))
            _rootPid = tid;
        return tid == _rootPid ? 0 : tid;
    }

    /// <summary>Takes <c>PID </c> or <c>[pid  PID] </c> and a time stamp of <c>-t</c>, <c>-tt</c>, <c>-ttt</c> or <c>-r</c>.</summary>
    private static int TakePrefix(ref Cursor c)
    {
        int tid = 0;
        c.SkipSpaces();
        if (c.TryTake("[pid"u8))
        {
            c.SkipSpaces();
            tid = TakeTid(ref c);
            c.Expect((byte)']', "] after the pid");
            c.SkipSpaces();
        }

        for (int fields = 0; fields < 3; fields++)
        {
            if (c.Next == '(')
            {
                // "(+     0.000012)" of -r together with -t.
                int close = c.Rest.IndexOf((byte)')');
                if (!c.TryTake("(+"u8) || close < 0)
                    throw c.Fail("a call's name");
                c.Position += close - 1;
            }
            else if (c.Next is >= (byte)'0' and <= (byte)'9')
            {
                int start = c.Position;
                while (c.Next is (>= (byte)'0' and <= (byte)'9') or (byte)':' or (byte)'.')
                    c.Position++;
                bool isTime = c.Text[start..c.Position].IndexOfAny((byte)':', (byte)'.') >= 0;
                if (!isTime)
                {
                    if (tid != 0 || fields > 0)
                        throw c.Fail("a call's name");
                    c.Position = start;
                    tid = TakeTid(ref c);
                }
            }
            else
            {
                break;
            }

            if (c.Next != ' ')
                throw c.Fail("a space after the pid or the time");
            c.SkipSpaces();
        }

        return tid;
    }

    private static int TakeTid(ref Cursor c)
    {
        int start = c.Position;
        if (c.TryTakeDecimal(out ulong tid) && tid is > 0 and <= int.MaxValue)
            return (int)tid;
        c.Position = start;
        throw c.Fail("a pid");
    }

    private void TakeCall(ref Cursor c, int tid, EventBatch batch)
    {
        const string AName = "a call, \"name(arguments) = result\", or a comment that starts with #";
        int start = c.Position;
        ReadOnlySpan<byte> name = c.TakeName();
        if (name.IsEmpty || name[0] is >= (byte)'0' and <= (byte)'9')
        {
            c.Position = start;
            throw c.Fail(AName);
        }

        if (c.Text.EndsWith("<unfinished ...>"u8) && c.Next == '(')
        {
            AddPending(ref c, tid, start, name, batch);
            return;
        }

        if (!c.TryTake((byte)'('))
            throw c.Fail("( after the call's name");
        Place(ref c, tid, _lines.LineNumber, name, CallFlags.None, batch);
    }

    /// <summary>Adds a call whose name and opening bracket were taken.</summary>
    private void Place(ref Cursor c, int tid, long line, scoped ReadOnlySpan<byte> name, CallFlags flags, EventBatch batch)
    {
        bool isKnown = KnownCall.TryGet(name, out KnownCall known);
        if (known.Has(CallTraits.Touch))
        {
            AddTouch(TouchParser.TakeCall(ref c), tid, batch);
            return;
        }

        int id = Strings.Intern(name);
        if (id == 0)
            throw c.Fail($"at most {StringTable.ByteLimit >> 20} MiB of distinct names in one recording");
        bool isOpen = (flags & CallFlags.Unfinished) != 0;
        int index = isKnown
            ? _parser.Take(ref c, known, id, isOpen, batch)
            : StraceCallParser.TakeUnknown(ref c, id, isOpen, batch);
        ref CallRecord call = ref batch.Calls[index];
        call.Flags |= flags;
        if (known.Has(CallTraits.Forks) && call.Result is > 0 and <= int.MaxValue)
            _seen.Add((int)call.Result);
        if (!isKnown)
            CountUnknown(id);
        batch.Events.Add(new Event(EventKind.Call, index, 1, tid, line));
    }

    private void AddTouch(in TouchRecord touch, int tid, EventBatch batch)
    {
        batch.Events.Add(new Event(EventKind.Touch, batch.Touches.Count, 1, tid, _lines.LineNumber));
        batch.Touches.Add(touch);
    }
}
