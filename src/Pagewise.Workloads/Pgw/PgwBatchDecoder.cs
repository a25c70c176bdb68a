using System.Runtime.InteropServices;
using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>Reads what <see cref="PgwBatchEncoder"/> wrote, trusting nothing.</summary>
internal static class PgwBatchDecoder
{
    private const int Kinds = (int)EventKind.HeapCall + 1;

    /// <summary>Fills an empty batch.</summary>
    /// <exception cref="InvalidDataException">The bytes are damaged.</exception>
    public static void Decode(ref ByteSource source, EventBatch batch, PgwAccessDecoder accesses)
    {
        DecodeStrings(ref source, batch.Strings);
        Span<int> counts = stackalloc int[Kinds];
        counts.Clear();
        DecodeEvents(ref source, batch.Events, counts);
        int length = source.Count(PgwFormat.BlockLimit);
        source.Bytes(length).CopyTo(batch.Bytes.AddMany(length));
        DecodeCalls(ref source, Expect(ref source, counts[(int)EventKind.Call]), batch);
        DecodeTouches(ref source, Expect(ref source, counts[(int)EventKind.Touch]), batch);
        DecodeNotes(ref source, Expect(ref source, counts[(int)EventKind.Note]), batch);
        DecodeHeapCalls(ref source, Expect(ref source, counts[(int)EventKind.HeapCall]), batch);
        accesses.Decode(ref source, Expect(ref source, counts[(int)EventKind.Access]), batch.AccessRuns);
    }

    private static int Expect(ref ByteSource source, int count)
    {
        int length = source.Count(PgwFormat.ColumnLimit);
        return length == count ? length : throw new InvalidDataException("a column's length is not the number of its events");
    }

    private static void DecodeStrings(ref ByteSource source, StringTable strings)
    {
        for (int left = source.Count(source.Left); left > 0; left--)
        {
            int expected = strings.Count + 1;
            if (strings.Intern(source.Bytes(source.Count(source.Left))) != expected)
                throw new InvalidDataException("a string is there twice, or there are too many");
        }
    }

    private static void DecodeEvents(ref ByteSource source, Column<Event> events, scoped Span<int> counts)
    {
        int count = source.Count(Math.Min(PgwFormat.ColumnLimit, source.Left));
        ReadOnlySpan<byte> kinds = source.Bytes(count);
        Span<Event> output = events.AddMany(count);
        for (int i = 0; i < count; i++)
        {
            byte kind = kinds[i];
            if (kind is 0 or >= Kinds)
                throw new InvalidDataException("an event's kind is not known");
            int length = 1;
            if (kind == (byte)EventKind.Access)
            {
                length = source.Count(PgwFormat.ColumnLimit);
                if (length == 0)
                    throw new InvalidDataException("an access event is empty");
            }

            output[i] = new Event((EventKind)kind, counts[kind], length, 0, 0);
            if (length > PgwFormat.ColumnLimit - counts[kind])
                throw new InvalidDataException("a column is too long");
            counts[kind] += length;
        }

        long tid = 0;
        foreach (ref Event item in output)
        {
            tid += source.Zigzag();
            if (tid is < 0 or > int.MaxValue)
                throw new InvalidDataException("a task's number is out of bounds");
            item = item with { Tid = (int)tid };
        }

        long line = 0;
        foreach (ref Event item in output)
        {
            line = unchecked(line + source.Zigzag());
            item = item with { Line = line };
        }
    }

    private static void DecodeCalls(ref ByteSource source, int count, EventBatch batch)
    {
        Span<CallRecord> calls = Claim(ref source, count, batch.Calls);
        foreach (ref CallRecord call in calls)
            call.Sysno = (Sysno)(source.Count(short.MaxValue) - 1);
        foreach (ref CallRecord call in calls)
            call.Flags = (CallFlags)source.Count(ushort.MaxValue);
        int strings = batch.Strings.Count;
        foreach (ref CallRecord call in calls)
            call.Name = source.Count(strings);
        foreach (ref CallRecord call in calls)
            call.Path = source.Count(strings);
        foreach (ref CallRecord call in calls)
            call.FdPath = source.Count(strings);
        foreach (ref CallRecord call in calls)
            call.ResultPath = source.Count(strings);
        foreach (ref CallRecord call in calls)
        {
            byte packed = source.Byte();
            call.PayloadKind = (PayloadKind)(packed & 0xf);
            call.ArgCount = (byte)(packed >> 4);
            if (call.PayloadKind > PayloadKind.ArgumentVector || call.ArgCount > CallArguments.Count)
                throw new InvalidDataException("a call's payload or number of arguments is not known");
        }

        DecodePayloads(ref source, calls, batch);
        for (int i = 0; i < CallArguments.Count; i++)
        {
            ulong last = 0;
            foreach (ref CallRecord call in calls)
                call.Args[i] = Difference(ref source, ref last);
        }

        ulong lastResult = 0;
        foreach (ref CallRecord call in calls)
            call.Result = (long)Difference(ref source, ref lastResult);
        foreach (ref CallRecord call in calls)
            call.LinesInFlight = call.Has(CallFlags.InFlight) ? source.Count(int.MaxValue) : 0;
    }

    private static void DecodePayloads(ref ByteSource source, scoped Span<CallRecord> calls, EventBatch batch)
    {
        long offset = 0;
        foreach (ref CallRecord call in calls)
        {
            offset = unchecked(offset + source.Zigzag());
            int length = source.Count(batch.Bytes.Count);
            if (offset < 0 || offset > batch.Bytes.Count - length)
                throw new InvalidDataException("a payload is out of bounds");
            call.PayloadOffset = (int)offset;
            call.PayloadLength = length;
            offset += length;
            int size = EventBatch.PayloadSize(call.PayloadKind);
            if (size >= 0 ? length != size : call.PayloadKind == PayloadKind.ArgumentVector && length % sizeof(int) != 0)
                throw new InvalidDataException("a payload's length does not fit its kind");
            foreach (int word in batch.ArgumentVector(call))
            {
                if ((uint)word > (uint)batch.Strings.Count)
                    throw new InvalidDataException("an argument vector names a string that is not there");
            }
        }
    }

    private static void DecodeTouches(ref ByteSource source, int count, EventBatch batch)
    {
        ulong last = 0;
        foreach (ref TouchRecord touch in Claim(ref source, count, batch.Touches))
        {
            byte packed = source.Byte();
            touch.Kind = (AccessKind)(packed & 3);
            touch.Outcome = (TouchOutcome)((packed >> 2) & 3);
            touch.HasFaults = (packed & 0x10) != 0;
            touch.HasValue = (packed & 0x20) != 0;
            touch.SignalCode = source.Byte();
            touch.Address = Difference(ref source, ref last);
            touch.LengthBytes = source.Varint();
            touch.StrideBytes = source.Zigzag();
            touch.MinorFaults = (uint)Math.Min(uint.MaxValue, source.Varint());
            touch.MajorFaults = (uint)Math.Min(uint.MaxValue, source.Varint());
            touch.Value = source.Varint();
            bool wraps = touch.LengthBytes > 0 && touch.Address + (touch.LengthBytes - 1) < touch.Address;
            if (touch.Kind > AccessKind.Execute || touch.StrideBytes is 0 or long.MinValue || wraps)
                throw new InvalidDataException("a touch is out of bounds");
        }
    }

    private static void DecodeNotes(ref ByteSource source, int count, EventBatch batch)
    {
        long offset = 0;
        foreach (ref NoteRecord note in Claim(ref source, count, batch.Notes))
        {
            note.Kind = (NoteKind)source.Byte();
            offset = unchecked(offset + source.Zigzag());
            note.LineLength = source.Count(batch.Bytes.Count);
            if (offset < 0 || offset > batch.Bytes.Count - note.LineLength)
                throw new InvalidDataException("a note is out of bounds");
            note.LineOffset = (int)offset;
            note.BodyStart = source.Count(note.LineLength);
            note.Value = source.Varint();
            offset += note.LineLength;
        }
    }

    private static void DecodeHeapCalls(ref ByteSource source, int count, EventBatch batch)
    {
        Span<HeapCallRecord> calls = Claim(ref source, count, batch.HeapCalls);
        foreach (ref HeapCallRecord call in calls)
        {
            byte packed = source.Byte();
            call.Function = (HeapFunction)(packed & 0x1f);
            call.ArgCount = (byte)((packed >> 5) & 3);
            call.HasResult = (packed & 0x80) != 0;
            if (call.Function is HeapFunction.None or > HeapFunction.ForkChild)
                throw new InvalidDataException("a function of the malloc family is not known");
        }

        foreach (ref HeapCallRecord call in calls)
            call.Error = (Errno)source.Count(4095);
        ulong last = 0;
        foreach (ref HeapCallRecord call in calls)
            call.Arg0 = Difference(ref source, ref last);
        foreach (ref HeapCallRecord call in calls)
            call.Arg1 = (ulong)source.Zigzag();
        foreach (ref HeapCallRecord call in calls)
            call.Arg2 = (ulong)source.Zigzag();
        last = 0;
        foreach (ref HeapCallRecord call in calls)
            call.Result = Difference(ref source, ref last);
    }

    // Every element takes a byte or more, so a count beyond what is left is false before any memory is taken for it.
    private static Span<T> Claim<T>(ref ByteSource source, int count, Column<T> column)
        where T : struct
    {
        if (count > source.Left)
            throw new InvalidDataException("a column is cut");
        Span<T> items = column.AddMany(count);
        items.Clear();
        return items;
    }

    private static ulong Difference(ref ByteSource source, ref ulong last) => last = unchecked(last + (ulong)source.Zigzag());
}
