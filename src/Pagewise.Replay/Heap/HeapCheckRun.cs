using System.Text;
using Pagewise.Abi;
using Pagewise.Malloc;
using Pagewise.Malloc.Flat;
using Pagewise.Replay.Comparing;
using Pagewise.Workloads;

namespace Pagewise.Replay.Heap;

/// <summary>The check of one recording: what does not depend on platform and release.</summary>
internal abstract class HeapCheckRun(HeapPrologue prologue, ResultLog log, Action<string, IHeapView>? observe) : IDisposable
{
    private readonly Dictionary<int, Queue<SystemCallScript.Line>> _pending = [];
    private readonly Dictionary<int, (long Line, Queue<ScriptedCall> Calls)> _exits = [];
    private readonly Dictionary<int, int> _threads = [];
    private readonly SortedDictionary<string, long> _warnings = new(StringComparer.Ordinal);
    private readonly LiveBlocks _live = new();
    private ulong[] _modelAddresses = new ulong[256];
    private bool _dead;

    public long Calls { get; private set; }

    public IReadOnlyDictionary<string, long> Warnings => _warnings;

    protected FlatAddressSpace Space { get; } = prologue.CreateAddressSpace(placedByQemu: prologue.Platform == "armhf");

    protected abstract SystemCallScript Script { get; }

    protected abstract IHeapView View { get; }

    public void Dispose() => Space.Dispose();

    public void Take(EventBatch batch, in Event e)
    {
        if (_dead)
            return;
        switch (e.Kind)
        {
            case EventKind.Call:
                TakeSystemCall(e, batch.Calls[e.Index]);
                break;
            case EventKind.HeapCall when batch.HeapCalls[e.Index].Function == HeapFunction.ThreadExit:
                ExitThread(e);
                break;
            case EventKind.HeapCall when batch.HeapCalls[e.Index].Function == HeapFunction.ForkChild:
                SwitchThread(ThreadOf(e.Tid));
                ForkChild();
                break;
            case EventKind.HeapCall:
                TakeHeapCall(e, batch.HeapCalls[e.Index]);
                break;
            case EventKind.Note:
                TakeNote(batch, e, batch.Notes[e.Index]);
                break;
        }
    }

    /// <summary>The recording is over: what threads did at their end and the recording does not have is a difference.</summary>
    public void Finish()
    {
        if (Script.ImpossibleCount > 0)
            _warnings["a system call's result where no memory can be"] = Script.ImpossibleCount;
        if (Script.IsRecorded != true)
            return;
        foreach ((long line, Queue<ScriptedCall> calls) in _exits.Values)
        {
            foreach (ScriptedCall call in calls)
                log.Differs(line, "system call at thread exit", "none", $"{call}");
        }
    }

    protected abstract ulong Call(in HeapCallRecord call, ulong pointer, out Errno error);

    protected abstract void SwitchThread(int thread);

    protected abstract void EndThread();

    /// <summary>What follows happens in a forked child.</summary>
    protected abstract void ForkChild();

    /// <summary>The program moved the break itself.</summary>
    protected abstract void TellBreak(ulong address);

    private void MoveBreak(ulong address)
    {
        if (Space.TrySetBreak(address))
            TellBreak(address);
        else
            _ = Script.Impossible(address);
    }

    private void TakeSystemCall(in Event e, in CallRecord call)
    {
        if (call.Has(CallFlags.AfterLastCall))
            return;
        var scripted = new ScriptedCall(call.Sysno, call.Args[0], call.ArgCount > 1 ? call.Args[1] : 0, 0, 0);
        scripted = call.Sysno switch
        {
            Sysno.Mmap => scripted with { Arg2 = call.Args[2], Arg3 = call.Args[3] },
            Sysno.Mremap => scripted with { Arg2 = call.Args[2], Arg3 = call.Args[3] },
            Sysno.Mprotect or Sysno.Madvise => scripted with { Arg2 = call.Args[2] },
            _ => scripted,
        };
        if (call.Has(CallFlags.InMalloc))
        {
            if (!_pending.TryGetValue(e.Tid, out Queue<SystemCallScript.Line>? lines))
                _pending.Add(e.Tid, lines = new Queue<SystemCallScript.Line>());
            lines.Enqueue(new SystemCallScript.Line(e.Line, scripted, call.SysResult));
            return;
        }

        if (_exits.TryGetValue(e.Tid, out (long Line, Queue<ScriptedCall> Calls) exit)
            && exit.Calls.TryPeek(out ScriptedCall made) && made == scripted)
        {
            _ = exit.Calls.Dequeue();
            log.Same();
            return;
        }

        TakeForeign(call);
    }

    // A call of the program's own: it matters where it moves the break or takes addresses that malloc cannot have then.
    private void TakeForeign(in CallRecord call)
    {
        if (call.SysResult.IsError || !call.Has(CallFlags.HasResult))
            return;
        switch (call.Sysno)
        {
            case Sysno.Brk:
                MoveBreak(call.SysResult.Address);
                break;
            case Sysno.Mmap:
                Space.Occupy(call.SysResult.Address, call.Args[1]);
                break;
            case Sysno.Munmap:
                Space.Unmap(call.Args[0], call.Args[1]);
                break;
            case Sysno.Mremap:
                Space.Unmap(call.Args[0], call.Args[1]);
                Space.Occupy(call.SysResult.Address, call.Args[2]);
                break;
        }
    }

    private void TakeHeapCall(in Event e, in HeapCallRecord call)
    {
        Calls++;
        SwitchThread(ThreadOf(e.Tid));
        _ = _pending.Remove(e.Tid, out Queue<SystemCallScript.Line>? lines);
        Script.Begin(e.Line, lines);
        if (!TryFindPointer(call, out int slot, out ulong pointer))
        {
            Warn($"{Name(call.Function)} of a pointer that is no live block");
            return;
        }

        try
        {
            ulong got = Call(call, pointer, out Errno error);
            CompareResult(e.Line, call, got, error);
            Script.End();
            Follow(call, slot, got);
        }
        catch (MallocAbortException abort)
        {
            log.Differs(e.Line, Name(call.Function), Result(call.Result, call.Error), $"SIGABRT: {abort.Message}");
            _dead = true;
        }
    }

    private bool TryFindPointer(in HeapCallRecord call, out int slot, out ulong pointer)
    {
        slot = 0;
        pointer = call.Arg0;
        if (call.Function is not (HeapFunction.Free or HeapFunction.Realloc or HeapFunction.MallocUsableSize) || pointer == 0)
            return true;
        slot = _live.Find(pointer);
        if (slot == 0)
            return false;
        pointer = _modelAddresses[slot];
        return true;
    }

    private void CompareResult(long line, in HeapCallRecord call, ulong got, Errno error)
    {
        if (!call.HasResult || call.Function == HeapFunction.Free)
            return;
        // Of a log that lacks calls and where the heap began, only whether there was memory can be held against the model.
        if (prologue.Lacks.Length > 0 && got != call.Result && got != 0 && call.Result != 0
            && call.Function is not (HeapFunction.MallocUsableSize or HeapFunction.Mallopt or HeapFunction.MallocTrim))
        {
            Warn("an address that the format does not determine");
            return;
        }

        if (got == call.Result && (call.Function != HeapFunction.PosixMemalign || error == call.Error))
            log.Same();
        else
            log.Differs(line, Name(call.Function), Result(call.Result, call.Error), Result(got, error));
    }

    // Keeps the live blocks, by the recording's addresses, with the model's, which are the same until the first difference.
    private void Follow(in HeapCallRecord call, int slot, ulong got)
    {
        switch (call.Function)
        {
            case HeapFunction.MallocTrim or HeapFunction.Mallopt or HeapFunction.MallocUsableSize:
                return;
            case HeapFunction.Free:
                if (slot != 0)
                    _ = _live.Remove(call.Arg0);
                return;
            case HeapFunction.Realloc when slot != 0 && (call.Result != 0 || call.Arg1 == 0):
                _ = _live.Remove(call.Arg0);
                break;
        }

        if (call.Result == 0 || got == 0)
            return;
        if (_live.Find(call.Result) != 0)
        {
            Warn("a result that is the address of a live block");
            _ = _live.Remove(call.Result);
        }

        int added = _live.Add(call.Result);
        if (added >= _modelAddresses.Length)
            Array.Resize(ref _modelAddresses, added * 2);
        _modelAddresses[added] = got;
    }

    // A thread's end: its tcache is freed. The system calls of that follow in the recording, among the thread's others.
    private void ExitThread(in Event e)
    {
        SwitchThread(ThreadOf(e.Tid));
        var made = new Queue<ScriptedCall>();
        Script.Collect = made;
        try
        {
            EndThread();
        }
        catch (MallocAbortException abort)
        {
            log.Differs(e.Line, "thread exit", "its end", $"SIGABRT: {abort.Message}");
            _dead = true;
        }

        Script.Collect = null;
        _exits[e.Tid] = (e.Line, made);
    }

    private void TakeNote(EventBatch batch, in Event e, in NoteRecord note)
    {
        switch (note.Kind)
        {
            case NoteKind.HeapBreak:
                _ = log.Compare(e.Line, "break", $"0x{note.Value:x}", $"0x{Space.Break:x}");
                break;
            case NoteKind.HeapForeignBreak:
                MoveBreak(note.Value);
                break;
            case NoteKind.HeapMallinfo2 when Mallinfo2.TryParse(batch.Body(note), out Mallinfo2 recorded):
                CompareMallinfo(e.Line, recorded, View.Mallinfo2());
                break;
            case NoteKind.Comment when observe is not null:
                observe(Encoding.UTF8.GetString(batch.Body(note)), View);
                break;
        }
    }

    private void CompareMallinfo(long line, Mallinfo2 recorded, MallInfo got)
    {
        Field("arena", recorded.Arena, got.Arena);
        Field("ordblks", recorded.OrdBlks, got.OrdBlks);
        Field("smblks", recorded.SmBlks, got.SmBlks);
        Field("hblks", recorded.HBlks, got.HBlks);
        Field("hblkhd", recorded.HBlkHd, got.HBlkHd);
        Field("usmblks", recorded.UsmBlks, got.UsmBlks);
        Field("fsmblks", recorded.FsmBlks, got.FsmBlks);
        Field("uordblks", recorded.UordBlks, got.UordBlks);
        Field("fordblks", recorded.FordBlks, got.FordBlks);
        Field("keepcost", recorded.KeepCost, got.KeepCost);

        void Field(string name, ulong expected, ulong found) => _ = log.Compare(line, $"mallinfo2 {name}", expected, found);
    }

    private int ThreadOf(int tid)
    {
        if (!_threads.TryGetValue(tid, out int thread))
            _threads.Add(tid, thread = _threads.Count);
        return thread;
    }

    private void Warn(string what) => _warnings[what] = _warnings.GetValueOrDefault(what) + 1;

    private static string Result(ulong value, Errno error) => error == Errno.None ? $"0x{value:x}" : $"{error}";

    private static string Name(HeapFunction function) => function switch
    {
        HeapFunction.AlignedAlloc => "aligned_alloc",
        HeapFunction.PosixMemalign => "posix_memalign",
        HeapFunction.MallocTrim => "malloc_trim",
        HeapFunction.MallocUsableSize => "malloc_usable_size",
        _ => function.ToString().ToLowerInvariant(),
    };
}
