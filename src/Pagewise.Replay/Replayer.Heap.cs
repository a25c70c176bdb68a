using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.SystemCalls;
using Pagewise.Kernel.Tasks;
using Pagewise.Procfs;
using Pagewise.Replay.Recorded;
using Pagewise.Workloads;

namespace Pagewise.Replay;

/// <content>
/// Heap recordings: one process whose allocator runs on the modelled machine. malloc's own system calls are made by the
/// allocator again; the program's own are replayed as recorded.
/// </content>
public sealed partial class Replayer
{
    // Thread ids of the model; a recording only numbers its threads.
    private const int FirstThreadId = 1000;
    private const int ScratchFd = 3;

    private readonly HashSet<int> _endedThreads = [];
    private bool _isHeap;
    private ulong _heapStart;
    private ReplayTask? _heapProcess;

    /// <summary>What makes the calls of heap recordings; null where they are refused.</summary>
    public IHeapPlayer? HeapPlayer { get; set; }

    private void TakeHeapNote(ref NoteRecord note)
    {
        if (HeapPlayer is null || (note.Kind < NoteKind.HeapProgram && note.Kind is not (NoteKind.Map or NoteKind.Comment)))
            return;
        _isHeap |= note.Kind >= NoteKind.HeapProgram;
        if (note.Kind == NoteKind.HeapStart)
            _heapStart = note.Value;
        if (_heapProcess is null)
            HeapPlayer.Take(_batch, note);
    }

    private void ReplayHeapCall(Event step, in HeapCallRecord call)
    {
        if (HeapPlayer is null)
            throw new ReplayException($"{_reader.File}: is a heap recording; a program's system calls or accesses were expected");
        _isHeap = true;
        if (HeapPlayer.IsDead)
            return;
        if (call is { Function: HeapFunction.Free, Arg0: 0 } && _endedThreads.Contains(step.Tid))
            return;
        ReplayTask task = HeapThread(step.Tid);
        SwitchTo(task.Space);
        HeapPlayer.Call(step.Line, step.Tid, task.Task, call);
        Observer?.Accessed(this, task, HeapPlayer.LastAccesses);
        if (call.Function != HeapFunction.ThreadExit)
            return;
        _endedThreads.Add(step.Tid);
        if (task != _heapProcess)
        {
            EndTask(task, Sysno.Exit);
            _tasks.Remove(step.Tid);
        }
    }

    // A system call of a heap recording that the allocator makes itself: inside malloc, or while a thread's tcache is given
    // back after its end.
    private bool IsMallocsOwn(Event step, ref CallRecord call) =>
        _isHeap && (call.Has(CallFlags.InMalloc) || call.Has(CallFlags.AfterLastCall) || _endedThreads.Contains(step.Tid) || HeapPlayer!.IsDead);

    // The recording's first thread is the process; every other one is a thread that it has made.
    private ReplayTask HeapThread(int tid)
    {
        ReplayTask process = _heapProcess ?? StartHeapProcess();
        if (_tasks.TryGetValue(tid, out ReplayTask? task) && task.Task != 0)
            return task;
        if (_tasks.Count == 1 && tid != process.RecordedTid)
        {
            _tasks[tid] = process;
            return process;
        }

        _ = _endedThreads.Remove(tid);
        int pid = FirstThreadId + tid;
        const CloneFlags Thread = CloneFlags.Vm | CloneFlags.Fs | CloneFlags.Files | CloneFlags.SigHand | CloneFlags.Thread;
        SysResult result = _calls.Clone(process.Task, Thread, Machine.Tasks.Find(pid) == 0 ? pid : 0);
        if (result.IsError)
            throw new ReplayException($"line {Line}: no thread can be made on this machine: {result.Errno}");
        task = new ReplayTask { RecordedTid = tid, Task = Machine.Tasks.Find((int)result.Raw), Space = process.Space };
        _tasks[tid] = task;
        return task;
    }

    private ReplayTask StartHeapProcess()
    {
        ReplayTask process = RunningTaskOf(0);
        _heapProcess = process;
        if (_prologue.InitialCopy is { } copy)
            MapLibraries(process, copy);
        ref MmStruct mm = ref Machine.AddressSpaces.Mms[StructOf(process).Mm];
        if (_heapStart != 0)
            SetBrkOrigin(process, _heapStart);
        bool isInPlace = _prologue.InitialCopy?.Maps.Exists(map => map.Area.Name == "[stack]" && map.Area.End == PageUp(StackEnd(process))) ?? false;
        HeapPlayer!.Begin(Machine, process.Task, process.Space.Calls, isInPlace ? Log : null);
        return process;
    }

    private ulong StackEnd(ReplayTask task)
    {
        Kernel.AddressSpaces.AddressSpaceArenas spaces = Machine.AddressSpaces;
        ulong stack = spaces.Mms[StructOf(task).Mm].StartStack;
        int vma = spaces.Mms[StructOf(task).Mm].Mmap;
        while (vma != 0 && spaces.Vmas[vma].End <= stack)
            vma = spaces.Vmas[vma].Next;
        return vma == 0 ? 0 : spaces.Vmas[vma].End;
    }

    // execve maps the program and its interpreter; what the interpreter has mapped by the first call of malloc is put where
    // the recording has it.
    private void MapLibraries(ReplayTask task, ProcessCopy copy)
    {
        foreach ((MapsLine area, _) in copy.Maps)
        {
            bool isSpecial = area.Name.StartsWith('[');
            if (isSpecial || (area.HasFile && FindCounterpart(task, area) is not null))
                continue;
            var prot = (Prot)(uint)(area.Access & ~MapsAccess.Shared);
            MapFlags flags = (area.Access.HasFlag(MapsAccess.Shared) ? MapFlags.Shared : MapFlags.Private) | MapFlags.FixedNoReplace;
            if (!area.HasFile)
            {
                _ = _calls.Mmap(task.Task, area.Start, area.LengthBytes, prot, flags | MapFlags.Anonymous, -1, 0);
                continue;
            }

            int inode = _files.ByMapsLine(area);
            _files.Reach(inode, area.OffsetBytes + area.LengthBytes);
            _ = _calls.Open(task.Task, inode, OpenFlags.ReadWrite, ScratchFd);
            _ = _calls.Mmap(task.Task, area.Start, area.LengthBytes, prot, flags, ScratchFd, area.OffsetBytes);
            _calls.Close(task.Task, ScratchFd);
        }
    }
}
