using System.Collections.Concurrent;
using System.Text;
using Pagewise.Abi;
using Pagewise.Workloads;

namespace Pagewise.Replay.Heap;

/// <summary>Turns a recording's events into a script: finds each pointer's block and each thread's number.</summary>
internal sealed class HeapScriptBuilder(RecordingReader reader)
{
    private const int WarmCalls = 16;
    private const int BatchesAhead = 4;

    private readonly HeapScript _script = new(reader.File, reader.Format);
    private readonly LiveBlocks _live = new();
    private readonly Dictionary<int, ushort> _threads = [];
    private readonly Stack<ushort> _freeThreads = new();
    private readonly HashSet<int> _ended = [];
    private readonly List<ulong> _alignments = [];
    private readonly Dictionary<ulong, uint> _alignmentNumbers = [];
    private readonly List<ForeignCall> _foreign = [];
    private readonly List<(long Step, Sysno Call, ulong Address)> _placements = [];
    private readonly SortedDictionary<string, long> _warnings = new(StringComparer.Ordinal);
    private ulong _break;
    private ulong _warm;
    private ulong _nameless = ulong.MaxValue;
    private int _lastTid;
    private ushort _lastThread;

    public HeapScript Build()
    {
        ReadAhead();
        if (_script.Calls == 0)
            throw new RecordingException(reader.File, "holds no call of the malloc family: it is no heap recording");
        _script.SlotEnd = _live.SlotEnd;
        _script.Alignments = _alignments;
        _script.ForeignCalls = _foreign;
        _script.Placements = _placements;
        _script.Warnings = _warnings;
        return _script;
    }

    // The recording is parsed on another thread, some batches ahead.
    private void ReadAhead()
    {
        using var empty = new BlockingCollection<EventBatch>();
        using var full = new BlockingCollection<EventBatch>();
        for (int i = 0; i < BatchesAhead; i++)
            empty.Add(new EventBatch());
        Task parsing = Task.Run(() =>
        {
            try
            {
                EventBatch batch;
                while (reader.Read(batch = empty.Take()))
                    full.Add(batch);
            }
            finally
            {
                full.CompleteAdding();
            }
        });
        foreach (EventBatch batch in full.GetConsumingEnumerable())
        {
            TakeBatch(batch);
            empty.Add(batch);
        }

        parsing.GetAwaiter().GetResult();
    }

    private void TakeBatch(EventBatch batch)
    {
        int warmed = 0;
        foreach (ref readonly Event e in batch.Events.Span)
        {
            if (e.Kind == EventKind.HeapCall && e.Index >= warmed)
                warmed = Warm(batch.HeapCalls.Span, e.Index);
            Take(batch, e);
        }
    }

    // The next calls' places in the table of blocks, loaded together.
    private int Warm(ReadOnlySpan<HeapCallRecord> calls, int from)
    {
        int to = Math.Min(calls.Length, from + WarmCalls);
        ulong word = 0;
        foreach (ref readonly HeapCallRecord call in calls[from..to])
            word += _live.Warm(call.Function is HeapFunction.Free or HeapFunction.Realloc ? call.Arg0 : call.Result);
        _warm = word;
        return to;
    }

    private void Take(EventBatch batch, in Event e)
    {
        switch (e.Kind)
        {
            case EventKind.HeapCall:
                TakeHeapCall(e, batch.HeapCalls[e.Index]);
                break;
            case EventKind.Call:
                TakeSystemCall(e, batch.Calls[e.Index]);
                break;
            case EventKind.Note:
                TakeNote(batch, e, batch.Notes[e.Index]);
                break;
        }
    }

    private void TakeNote(EventBatch batch, in Event e, in NoteRecord note)
    {
        if (_script.Calls == 0)
            _script.Prologue.Take(batch, note);
        switch (note.Kind)
        {
            case NoteKind.HeapStart or NoteKind.HeapBreak:
                _break = note.Value;
                break;
            case NoteKind.HeapForeignBreak:
                MoveBreak(e, note.Value);
                break;
            case NoteKind.HeapLacks:
                _script.Lacks = Encoding.UTF8.GetString(batch.Body(note));
                break;
        }
    }

    // The program's own move, relative to where the break was: with other tunables the heap ends elsewhere.
    private void MoveBreak(in Event e, ulong address)
    {
        if (address != _break && _break != 0)
            _script.Add(new HeapOp { Kind = HeapOpKind.ForeignBreak, Arg = address - _break, Line = Line(e), Thread = _lastThread });
        _break = address;
    }

    private void TakeSystemCall(in Event e, in CallRecord call)
    {
        if (call.Has(CallFlags.AfterLastCall) || !call.Has(CallFlags.HasResult) || call.SysResult.IsError)
            return;
        bool inMalloc = call.Has(CallFlags.InMalloc) || _ended.Contains(e.Tid);
        _script.HasSystemCalls |= inMalloc;
        if (call.Sysno == Sysno.Brk && inMalloc)
        {
            _break = call.SysResult.Address;
            return;
        }

        ulong result = call.SysResult.Address;
        if (call.Has(CallFlags.InMalloc))
        {
            // The call of malloc that made it is the next step.
            if (call.Sysno is Sysno.Mmap or Sysno.Mremap)
                _placements.Add((_script.Count, call.Sysno, result));
            return;
        }

        ForeignCall foreign = default;
        switch (call.Sysno)
        {
            case Sysno.Brk:
                MoveBreak(e, result);
                return;
            case Sysno.Mmap:
                bool isFixed = ((MapFlags)call.Args[3] & (MapFlags.Fixed | MapFlags.FixedNoReplace)) != 0 || call.Args[0] == result;
                foreign = new ForeignCall(Sysno.Mmap, 0, call.Args[1], result, 0, isFixed);
                break;
            case Sysno.Munmap:
                foreign = new ForeignCall(Sysno.Munmap, call.Args[0], call.Args[1], 0, 0, false);
                break;
            case Sysno.Mremap:
                foreign = new ForeignCall(Sysno.Mremap, call.Args[0], call.Args[1], result, call.Args[2], ((MremapFlags)call.Args[3] & MremapFlags.Fixed) != 0);
                break;
            default:
                return;
        }

        _script.Add(new HeapOp { Kind = HeapOpKind.ForeignCall, Aux = (uint)_foreign.Count, Line = Line(e), Thread = _lastThread });
        _foreign.Add(foreign);
    }

    private void TakeHeapCall(in Event e, in HeapCallRecord call)
    {
        // What libc still frees of a thread that has ended is NULL: it makes no thread anew.
        ushort thread = call is { Function: HeapFunction.Free, Arg0: 0 } && _ended.Contains(e.Tid) ? _lastThread : ThreadOf(e.Tid);
        var op = new HeapOp { Kind = (HeapOpKind)call.Function, Line = Line(e), Thread = thread, Result = call.Result, HasResult = call.HasResult };
        switch (call.Function)
        {
            case HeapFunction.ThreadExit:
                _script.Add(op);
                EndThread(e.Tid, op.Thread);
                return;
            case HeapFunction.ForkChild:
                op.Kind = HeapOpKind.ForkChild;
                _script.Add(op);
                return;
            case HeapFunction.Free:
                TakeFree(call, ref op);
                break;
            case HeapFunction.Realloc:
                TakeRealloc(call, ref op);
                break;
            case HeapFunction.MallocTrim:
                op.Arg = call.Arg0;
                break;
            case HeapFunction.Mallopt:
                (op.Aux, op.Arg) = ((uint)call.Arg0, call.Arg1);
                break;
            case HeapFunction.MallocUsableSize:
                op.Slot = _live.Find(call.Arg0);
                op.Kind = op.Slot == 0 && call.Arg0 != 0 ? Skip("malloc_usable_size of a pointer that is no live block") : op.Kind;
                break;
            case HeapFunction.Calloc:
                UInt128 product = (UInt128)call.Arg0 * call.Arg1;
                op.Arg = product > ulong.MaxValue ? ulong.MaxValue : (ulong)product;
                TakeBlock(call, ref op);
                break;
            case HeapFunction.Malloc or HeapFunction.Valloc or HeapFunction.Pvalloc:
                op.Arg = call.Arg0;
                TakeBlock(call, ref op);
                break;
            default:
                (op.Aux, op.Arg) = (NumberOf(call.Arg0), call.Arg1);
                TakeBlock(call, ref op);
                break;
        }

        _script.Add(op);
    }

    private void TakeFree(in HeapCallRecord call, ref HeapOp op)
    {
        if (call.Arg0 == 0)
            return;
        op.Slot = _live.Remove(call.Arg0);
        if (op.Slot != 0)
            return;
        if (call.HasResult)
            op.Kind = Skip("free of a pointer that is no live block");
        else
            (op.Kind, op.Arg) = (HeapOpKind.FreeAddress, call.Arg0);
    }

    private void TakeRealloc(in HeapCallRecord call, ref HeapOp op)
    {
        op.Arg = call.Arg1;
        if (call.Arg0 != 0)
        {
            int old = _live.Find(call.Arg0);
            if (old == 0)
            {
                if (call.HasResult)
                    TakeUnknownRealloc(call, ref op);
                else
                    (op.Kind, op.Arg) = (HeapOpKind.ReallocAddress, call.Arg0);
                return;
            }

            op.Aux = (uint)old;
            if (call.HasResult && call.Result == 0 && call.Arg1 != 0)
            {
                // It failed, and the block stays.
                op.Slot = old;
                return;
            }

            _ = _live.Remove(call.Arg0);
        }

        if (call.Arg1 != 0 || call.Arg0 == 0)
            TakeBlock(call, ref op);
    }

    // The block was taken before the recording began: what comes back is as good as new.
    private void TakeUnknownRealloc(in HeapCallRecord call, ref HeapOp op)
    {
        const string Unknown = "realloc of a pointer that is no live block";
        if (call.Result == 0)
        {
            op.Kind = Skip(Unknown);
            return;
        }

        _ = Skip(Unknown);
        op.Kind = HeapOpKind.Malloc;
        TakeBlock(call, ref op);
    }

    private void TakeBlock(in HeapCallRecord call, ref HeapOp op)
    {
        ulong address = call.Result;
        if (address == 0)
        {
            if (call.HasResult || call.Error != Errno.None)
                return;
            // The recording does not have the address: the block is there all the same, and never freed.
            address = _nameless--;
        }

        if (_live.Find(address) != 0)
        {
            _ = Skip("a result that is the address of a live block");
            _ = _live.Remove(address);
        }

        op.Slot = _live.Add(address);
    }

    private HeapOpKind Skip(string why)
    {
        _warnings[why] = _warnings.GetValueOrDefault(why) + 1;
        return HeapOpKind.Skipped;
    }

    private uint NumberOf(ulong alignment)
    {
        if (!_alignmentNumbers.TryGetValue(alignment, out uint number))
        {
            number = (uint)_alignments.Count;
            _alignments.Add(alignment);
            _alignmentNumbers.Add(alignment, number);
        }

        return number;
    }

    private ushort ThreadOf(int tid)
    {
        if (tid == _lastTid && _threads.Count > 0)
            return _lastThread;
        if (!_threads.TryGetValue(tid, out ushort thread))
        {
            if (!_freeThreads.TryPop(out thread))
            {
                if (_script.Threads > ushort.MaxValue)
                    throw new RecordingException(reader.File, $"has more than {ushort.MaxValue} threads at once");
                thread = (ushort)_script.Threads++;
            }

            _threads.Add(tid, thread);
        }

        (_lastTid, _lastThread) = (tid, thread);
        _ = _ended.Count > 0 && _ended.Remove(tid);
        return thread;
    }

    private void EndThread(int tid, ushort thread)
    {
        _ = _threads.Remove(tid);
        _freeThreads.Push(thread);
        _ended.Add(tid);
        _lastTid = -1;
    }

    private static uint Line(in Event e) => (uint)Math.Min(e.Line, uint.MaxValue);
}
