using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>Calls in two lines, and children that run before the call that made them returns.</summary>
internal sealed partial class StraceReader
{
    private const string UnfinishedMark = "<unfinished ...>";

    private void AddPending(ref Cursor c, int tid, int start, scoped ReadOnlySpan<byte> name, EventBatch batch)
    {
        if (_pending.TryGetValue(tid, out PendingCall? call))
            PlaceUnfinished(tid, call, batch);
        else
            _pending[tid] = call = _spare.Count > 0 ? _spare.Pop() : new PendingCall();
        ReadOnlySpan<byte> text = c.Text[start..^UnfinishedMark.Length];
        if (text[^1] == ' ')
            text = text[..^1];
        bool forks = KnownCall.TryGet(name, out KnownCall known) && known.Has(CallTraits.Forks);
        call.Set(text, _lines.LineNumber, forks);
        if (forks)
            _pendingForks++;
    }

    private void TakeResumed(ref Cursor c, int tid, EventBatch batch)
    {
        if (!c.TryTake("<... "u8))
            throw c.Fail("<... and the name of the call that resumes");
        int start = c.Position;
        ReadOnlySpan<byte> name = c.TakeName();
        if (!c.TryTake(" resumed>"u8))
            throw c.Fail("resumed> after the call's name");
        if (!_pending.TryGetValue(tid, out PendingCall? call))
        {
            // strace -p: the task was in this call when the recording began.
            NoteParser.Add(batch, c.Text, _lines.LineNumber, NoteKind.Tool, start, tid, 0);
            return;
        }

        if (!name.SequenceEqual(call.Name))
        {
            c.Position = start;
            throw c.Fail($"{System.Text.Encoding.ASCII.GetString(call.Name)}, which this task began in line {call.Line}");
        }

        if (!call.Placed)
            PlaceJoined(call, c.Rest, tid, _lines.LineNumber, CallFlags.Resumed, batch);
        Drop(tid, call);
    }

    private void PlaceJoined(PendingCall call, ReadOnlySpan<byte> rest, int tid, long line, CallFlags flags, EventBatch batch)
    {
        _joined.Clear();
        call.Text.CopyTo(_joined.AddMany(call.Length));
        rest.CopyTo(_joined.AddMany(rest.Length));
        var c = new Cursor(_joined.Span, _lines);
        ReadOnlySpan<byte> name = c.TakeName();
        c.Position++;
        int placed = batch.Calls.Count;
        Place(ref c, tid, line, name, flags, batch);
        if (line <= call.Line || batch.Calls.Count == placed)
            return;
        ref CallRecord record = ref batch.Calls[placed];
        record.Flags |= CallFlags.InFlight;
        record.LinesInFlight = (int)Math.Min(line - call.Line, int.MaxValue);
    }

    /// <summary>Adds a call that never returned.</summary>
    private void PlaceUnfinished(int tid, PendingCall call, EventBatch batch)
    {
        if (!call.Placed)
            PlaceJoined(call, default, tid, call.Line, CallFlags.Unfinished, batch);
        if (call.Forks)
            _pendingForks--;
    }

    private void PlaceUnfinished(EventBatch batch)
    {
        foreach ((int tid, PendingCall call) in _pending.OrderBy(entry => entry.Value.Line).ToList())
            PlaceUnfinished(tid, call, batch);
        _pending.Clear();
    }

    private void Forget(int tid, EventBatch batch)
    {
        if (_pending.TryGetValue(tid, out PendingCall? call))
        {
            PlaceUnfinished(tid, call, batch);
            _pending.Remove(tid);
            _spare.Push(call);
        }

        _seen.Remove(tid);
        _lastTid = NoTid;
    }

    private void Drop(int tid, PendingCall call)
    {
        if (call.Forks)
            _pendingForks--;
        _pending.Remove(tid);
        _spare.Push(call);
    }

    /// <summary>A thread's execve takes its process's pid over, and with it the resumed line.</summary>
    private void Supersede(int tid, ulong by, EventBatch batch)
    {
        Forget(tid, batch);
        if (by <= int.MaxValue && _pending.Remove((int)by, out PendingCall? exec))
            _pending[tid] = exec;
        _seen.Add(tid);
    }

    /// <summary>Notes that a task has a line; a new one may have been made by a call that has not returned yet.</summary>
    private void Meet(ref Cursor c, int tid, EventBatch batch)
    {
        if (tid == _lastTid)
            return;
        _lastTid = tid;
        if (!_seen.Add(tid) || _pendingForks == 0)
            return;
        int position = c.Position;
        byte[] line = c.Text.ToArray();
        PlaceParent(tid, batch);
        c = new Cursor(line, _lines) { Position = position };
    }

    private void PlaceParent(int child, EventBatch batch)
    {
        var others = new HashSet<int>();
        ReadOnlySpan<byte> ahead = _lines.LookAhead(LookAheadBytes);
        while (!ahead.IsEmpty)
        {
            int end = ahead.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? ahead : ahead[..end];
            ahead = end < 0 ? default : ahead[(end + 1)..];
            int mark = line.IndexOf("<... "u8);
            if (mark < 0)
                continue;
            var c = new Cursor(line, _lines);
            if (!TryTakePrefix(ref c, out int tid) || c.Position != mark || !_pending.TryGetValue(tid, out PendingCall? call) || !call.Forks || call.Placed)
                continue;
            int resumed = line.IndexOf(" resumed>"u8);
            if (resumed < 0)
                continue;
            if (!Returns(line, child))
            {
                others.Add(tid);
                continue;
            }

            call.Placed = true;
            PlaceJoined(call, line[(resumed + " resumed>".Length)..], tid, call.Line, CallFlags.Resumed | CallFlags.ChildRanFirst, batch);
            return;
        }

        PlaceOldest(child, others, batch);
    }

    // The resumed line is not at hand: of the calls that may have made the task, the one that waits longest is taken.
    private void PlaceOldest(int child, HashSet<int> others, EventBatch batch)
    {
        (int Tid, PendingCall Call)? oldest = null;
        foreach ((int tid, PendingCall pending) in _pending)
        {
            if (pending.Forks && !pending.Placed && !others.Contains(tid) && (oldest is null || pending.Line < oldest.Value.Call.Line))
                oldest = (tid, pending);
        }

        if (oldest is not (int parent, PendingCall call))
            return;
        call.Placed = true;
        PlaceJoined(call, default, parent, call.Line, CallFlags.Unfinished, batch);
        ref CallRecord record = ref batch.Calls[batch.Calls.Count - 1];
        record.Flags = (record.Flags & ~CallFlags.Unfinished) | CallFlags.HasResult | CallFlags.ChildRanFirst | CallFlags.Resumed;
        record.Result = child;
    }

    private static bool TryTakePrefix(ref Cursor c, out int tid)
    {
        tid = 0;
        try
        {
            tid = TakePrefix(ref c);
            return true;
        }
        catch (RecordingException)
        {
            // A damaged line ahead is reported when it is reached.
            return false;
        }
    }

    private static bool Returns(ReadOnlySpan<byte> line, int child)
    {
        int equals = line.LastIndexOf(" = "u8);
        return equals >= 0 && System.Buffers.Text.Utf8Parser.TryParse(line[(equals + 3)..], out int result, out _) && result == child;
    }
}
