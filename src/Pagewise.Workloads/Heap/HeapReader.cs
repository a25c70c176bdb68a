using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>
/// Reads heap recordings, <c>[tid] malloc(24) = 0x…</c>: calls of the malloc family in the order in which they took
/// effect, the system calls they made (<see cref="CallFlags.InMalloc"/>, before the call that made them), comments as
/// notes, thread ends as <see cref="HeapFunction.ThreadExit"/>.
/// </summary>
internal sealed class HeapReader : RecordingReader
{
    private static readonly NameTable<(HeapFunction Function, byte Arguments)> Functions = new(
    [
        ("malloc", (HeapFunction.Malloc, 1)), ("calloc", (HeapFunction.Calloc, 2)), ("realloc", (HeapFunction.Realloc, 2)),
        ("free", (HeapFunction.Free, 1)), ("memalign", (HeapFunction.Memalign, 2)),
        ("aligned_alloc", (HeapFunction.AlignedAlloc, 2)), ("posix_memalign", (HeapFunction.PosixMemalign, 2)),
        ("valloc", (HeapFunction.Valloc, 1)), ("pvalloc", (HeapFunction.Pvalloc, 1)),
        ("malloc_trim", (HeapFunction.MallocTrim, 1)), ("mallopt", (HeapFunction.Mallopt, 2)),
        ("malloc_usable_size", (HeapFunction.MallocUsableSize, 1)),
    ]);

    private readonly LineReader _lines;
    private readonly StraceCallParser _parser;

    public HeapReader(InputBuffer input)
        : base(input.File, RecordingFormat.Heap)
    {
        _lines = new LineReader(input);
        _parser = new StraceCallParser(Strings);
    }

    private protected override bool ReadCore(EventBatch batch)
    {
        while (!batch.IsFull)
        {
            if (!_lines.TryRead(out ReadOnlySpan<byte> line))
                return false;
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
        var c = new Cursor(line, _lines);
        if (c.TryTake((byte)'['))
        {
            int tid = TakeTid(ref c);
            c.Expect((byte)' ', "a space after [tid]");
            if (c.TryTake("SYS_"u8))
                TakeSystemCall(ref c, tid, batch);
            else
                TakeHeapCall(ref c, tid, batch);
        }
        else if (c.Next == '#')
        {
            TakeComment(ref c, batch);
        }
        else if (!line.Trim((byte)' ').IsEmpty)
        {
            throw c.Fail("[tid] and a call, or a comment that starts with #");
        }
    }

    private void TakeHeapCall(ref Cursor c, int tid, EventBatch batch)
    {
        const string AFunction = "a function of the malloc family";
        int start = c.Position;
        if (!Functions.TryGet(c.TakeName(), out (HeapFunction Function, byte Arguments) known))
        {
            c.Position = start;
            throw c.Fail(AFunction);
        }

        c.Expect((byte)'(', "( after the function's name");
        var call = new HeapCallRecord { Function = known.Function, ArgCount = known.Arguments, HasResult = true };
        call.Arg0 = c.TakeNumber("an argument, a number of at most 64 bits");
        if (known.Arguments > 1)
        {
            c.Expect((byte)',', "a comma and the second argument");
            c.SkipSpaces();
            call.Arg1 = c.TakeNumber("an argument, a number of at most 64 bits");
        }

        if (!c.TryTake(") = "u8))
            throw c.Fail(") = and the result");
        TakeResult(ref c, ref call);
        batch.Events.Add(new Event(EventKind.HeapCall, batch.HeapCalls.Count, 1, tid, _lines.LineNumber));
        batch.HeapCalls.Add(call);
    }

    private static void TakeResult(ref Cursor c, ref HeapCallRecord call)
    {
        if (c.TryTake("<void>"u8))
        {
            if (call.Function != HeapFunction.Free)
                throw c.Fail("a result: only free has none");
        }
        else if (c.TryTake((byte)'?'))
        {
            call.HasResult = false;
        }
        else
        {
            call.Result = c.TakeNumber("the result");
            if (c.TryTake((byte)' '))
            {
                int start = c.Position;
                if (!ErrnoNames.TryGet(c.TakeName(), out call.Error))
                {
                    c.Position = start;
                    throw c.Fail("an error's name");
                }
            }
        }

        c.SkipSpaces();
        StraceText.SkipComment(ref c);
        if (!c.AtEnd)
            throw c.Fail("the end of the line");
    }

    private void TakeSystemCall(ref Cursor c, int tid, EventBatch batch)
    {
        int start = c.Position;
        ReadOnlySpan<byte> name = c.TakeName();
        int id = Strings.Intern(name);
        if (id == 0 || !KnownCall.TryGet(name, out KnownCall known) || known.Has(CallTraits.Touch))
        {
            c.Position = start;
            throw c.Fail("a memory system call");
        }

        c.Expect((byte)'(', "( after the call's name");
        int index = _parser.Take(ref c, known, id, false, batch);
        if (c.Rest.IndexOf("/* in malloc */"u8) >= 0)
            batch.Calls[index].Flags |= CallFlags.InMalloc;
        else if (c.Rest.IndexOf("/* after the last recorded call */"u8) >= 0)
            batch.Calls[index].Flags |= CallFlags.AfterLastCall;
        batch.Events.Add(new Event(EventKind.Call, index, 1, tid, _lines.LineNumber));
    }

    private void TakeComment(ref Cursor c, EventBatch batch)
    {
        if (c.TryTake("# ["u8))
        {
            int tid = TakeTid(ref c);
            if (c.TryTake(" thread-exit"u8))
            {
                batch.Events.Add(new Event(EventKind.HeapCall, batch.HeapCalls.Count, 1, tid, _lines.LineNumber));
                batch.HeapCalls.Add(new HeapCallRecord { Function = HeapFunction.ThreadExit });
                return;
            }

            c.Position = 0;
        }

        if (TryTakeFork(c, out int forked))
        {
            batch.Events.Add(new Event(EventKind.HeapCall, batch.HeapCalls.Count, 1, forked, _lines.LineNumber));
            batch.HeapCalls.Add(new HeapCallRecord { Function = HeapFunction.ForkChild });
            return;
        }

        NoteKind kind = NoteParser.Sort(ref c, out int noteTid, out ulong value);
        NoteParser.Add(batch, c.Text, _lines.LineNumber, kind, c.Position, noteTid, value);
    }

    // "# forked from heap.4711.0 at byte 53440 by [3]"
    private static bool TryTakeFork(Cursor c, out int tid)
    {
        tid = 0;
        if (!c.TryTake("# forked from "u8) || c.Rest.LastIndexOf(" by ["u8) is not (>= 0 and int by))
            return false;
        c.Position += by + " by ["u8.Length;
        if (!c.TryTakeDecimal(out ulong number) || number is 0 or > int.MaxValue || !c.TryTake((byte)']'))
            return false;
        tid = (int)number;
        return true;
    }

    private static int TakeTid(ref Cursor c)
    {
        int start = c.Position;
        if (c.TryTakeDecimal(out ulong tid) && tid is > 0 and <= int.MaxValue && c.TryTake((byte)']'))
            return (int)tid;
        c.Position = start;
        throw c.Fail("a thread's number and ]");
    }
}
