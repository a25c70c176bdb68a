using System.Runtime.InteropServices;

namespace Pagewise.Workloads;

/// <summary>
/// Writes a batch as columns: numbers as differences from the one before, in 7-bit groups. In order: new strings,
/// events, bytes, calls, touches, notes, heap calls, access runs.
/// </summary>
internal sealed class PgwBatchEncoder
{
    private readonly PgwAccessEncoder _accesses = new();
    private readonly StringTable _strings = new();
    private StringTable? _source;
    private int[] _ids = new int[64];
    private int _written;
    private byte[] _bytes = [];

    /// <summary>Says that the batches before are in a block of their own.</summary>
    public void StartBlock() => _accesses.StartBlock();

    /// <summary>Appends a batch.</summary>
    public void Encode(EventBatch batch, ByteSink sink)
    {
        if (batch.Strings != _source)
        {
            _source = batch.Strings;
            Array.Clear(_ids);
        }

        NameStrings(batch);
        sink.Varint((ulong)(_strings.Count - _written));
        while (_written < _strings.Count)
        {
            ReadOnlySpan<byte> text = _strings[++_written];
            sink.Varint((ulong)text.Length);
            sink.Bytes(text);
        }

        EncodeEvents(batch.Events.Span, sink);
        sink.Varint((ulong)batch.Bytes.Count);
        sink.Bytes(BytesWithIds(batch));
        EncodeCalls(batch.Calls.Span, sink);
        EncodeTouches(batch.Touches.Span, sink);
        EncodeNotes(batch.Notes.Span, sink);
        EncodeHeapCalls(batch.HeapCalls.Span, sink);
        sink.Varint((ulong)batch.AccessRuns.Count);
        if (batch.AccessRuns.Count > 0)
            _accesses.Encode(batch.AccessRuns.Span, sink);
    }

    private void NameStrings(EventBatch batch)
    {
        foreach (ref readonly CallRecord call in batch.Calls.Span)
        {
            FileId(call.Name);
            FileId(call.Path);
            FileId(call.FdPath);
            FileId(call.ResultPath);
            foreach (int word in batch.ArgumentVector(call))
                FileId(word);
        }
    }

    /// <summary>The file's number of a string of the batch's table.</summary>
    private int FileId(int id)
    {
        if (id == 0)
            return 0;
        if (id >= _ids.Length)
            Array.Resize(ref _ids, Math.Max(id + 1, _ids.Length * 2));
        if (_ids[id] == 0)
            _ids[id] = _strings.Intern(_source![id]);
        return _ids[id];
    }

    private ReadOnlySpan<byte> BytesWithIds(EventBatch batch)
    {
        if (_bytes.Length < batch.Bytes.Count)
            _bytes = new byte[batch.Bytes.Count];
        batch.Bytes.Span.CopyTo(_bytes);
        foreach (ref readonly CallRecord call in batch.Calls.Span)
        {
            if (call.PayloadKind != PayloadKind.ArgumentVector)
                continue;
            Span<int> words = MemoryMarshal.Cast<byte, int>(_bytes.AsSpan(call.PayloadOffset, call.PayloadLength));
            foreach (ref int word in words)
                word = FileId(word);
        }

        return _bytes.AsSpan(0, batch.Bytes.Count);
    }

    private static void EncodeEvents(ReadOnlySpan<Event> events, ByteSink sink)
    {
        Span<int> next = stackalloc int[(int)EventKind.HeapCall + 1];
        next.Clear();
        sink.Varint((ulong)events.Length);
        foreach (ref readonly Event item in events)
        {
            if (item.Index != next[(int)item.Kind] || item.Count < 1 || (item.Count > 1 && item.Kind != EventKind.Access))
                throw new ArgumentException("The batch's events do not go through its columns in order.", nameof(events));
            next[(int)item.Kind] += item.Count;
            sink.Byte((byte)item.Kind);
        }

        foreach (ref readonly Event item in events)
        {
            if (item.Kind == EventKind.Access)
                sink.Varint((ulong)item.Count);
        }

        int tid = 0;
        foreach (ref readonly Event item in events)
        {
            sink.Zigzag((long)item.Tid - tid);
            tid = item.Tid;
        }

        long line = 0;
        foreach (ref readonly Event item in events)
        {
            sink.Zigzag(item.Line - line);
            line = item.Line;
        }
    }

    private void EncodeCalls(ReadOnlySpan<CallRecord> calls, ByteSink sink)
    {
        sink.Varint((ulong)calls.Length);
        foreach (ref readonly CallRecord call in calls)
            sink.Varint((ulong)((int)call.Sysno + 1));
        foreach (ref readonly CallRecord call in calls)
            sink.Varint((ulong)call.Flags);
        foreach (ref readonly CallRecord call in calls)
            sink.Varint((ulong)FileId(call.Name));
        foreach (ref readonly CallRecord call in calls)
            sink.Varint((ulong)FileId(call.Path));
        foreach (ref readonly CallRecord call in calls)
            sink.Varint((ulong)FileId(call.FdPath));
        foreach (ref readonly CallRecord call in calls)
            sink.Varint((ulong)FileId(call.ResultPath));
        foreach (ref readonly CallRecord call in calls)
            sink.Byte((byte)((int)call.PayloadKind | (call.ArgCount << 4)));
        int offset = 0;
        foreach (ref readonly CallRecord call in calls)
        {
            sink.Zigzag((long)call.PayloadOffset - offset);
            sink.Varint((ulong)call.PayloadLength);
            offset = call.PayloadOffset + call.PayloadLength;
        }

        for (int i = 0; i < CallArguments.Count; i++)
        {
            ulong last = 0;
            foreach (ref readonly CallRecord call in calls)
                Difference(call.Args[i], ref last, sink);
        }

        ulong lastResult = 0;
        foreach (ref readonly CallRecord call in calls)
            Difference((ulong)call.Result, ref lastResult, sink);
        foreach (ref readonly CallRecord call in calls)
        {
            if (call.Has(CallFlags.InFlight))
                sink.Varint((ulong)call.LinesInFlight);
        }
    }

    private static void EncodeTouches(ReadOnlySpan<TouchRecord> touches, ByteSink sink)
    {
        sink.Varint((ulong)touches.Length);
        ulong last = 0;
        foreach (ref readonly TouchRecord touch in touches)
        {
            sink.Byte((byte)((int)touch.Kind | ((int)touch.Outcome << 2) | (touch.HasFaults ? 0x10 : 0) | (touch.HasValue ? 0x20 : 0)));
            sink.Byte(touch.SignalCode);
            Difference(touch.Address, ref last, sink);
            sink.Varint(touch.LengthBytes);
            sink.Zigzag(touch.StrideBytes);
            sink.Varint(touch.MinorFaults);
            sink.Varint(touch.MajorFaults);
            sink.Varint(touch.Value);
        }
    }

    private static void EncodeNotes(ReadOnlySpan<NoteRecord> notes, ByteSink sink)
    {
        sink.Varint((ulong)notes.Length);
        int offset = 0;
        foreach (ref readonly NoteRecord note in notes)
        {
            sink.Byte((byte)note.Kind);
            sink.Zigzag((long)note.LineOffset - offset);
            sink.Varint((ulong)note.LineLength);
            sink.Varint((ulong)note.BodyStart);
            sink.Varint(note.Value);
            offset = note.LineOffset + note.LineLength;
        }
    }

    private static void EncodeHeapCalls(ReadOnlySpan<HeapCallRecord> calls, ByteSink sink)
    {
        sink.Varint((ulong)calls.Length);
        foreach (ref readonly HeapCallRecord call in calls)
            sink.Byte((byte)((int)call.Function | (call.ArgCount << 5) | (call.HasResult ? 0x80 : 0)));
        foreach (ref readonly HeapCallRecord call in calls)
            sink.Varint((ulong)call.Error);
        // A pointer argument is near the last pointer, a size is small: both are near the last result or near 0.
        ulong last = 0;
        foreach (ref readonly HeapCallRecord call in calls)
            Difference(call.Arg0, ref last, sink);
        foreach (ref readonly HeapCallRecord call in calls)
            sink.Zigzag((long)call.Arg1);
        foreach (ref readonly HeapCallRecord call in calls)
            sink.Zigzag((long)call.Arg2);
        last = 0;
        foreach (ref readonly HeapCallRecord call in calls)
            Difference(call.Result, ref last, sink);
    }

    private static void Difference(ulong value, ref ulong last, ByteSink sink)
    {
        sink.Zigzag(unchecked((long)(value - last)));
        last = value;
    }
}
