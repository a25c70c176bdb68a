using System.Runtime.InteropServices;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;
using Pagewise.Malloc;
using Pagewise.Replay.Comparing;
using Pagewise.Replay.Recorded;
using Pagewise.Workloads;

namespace Pagewise.Replay.Heap;

/// <summary>
/// glibc's allocator in a process of the modelled machine: its system calls are that process's, and every chunk header it
/// touches is an access there, with its translation and its faults.
/// </summary>
/// <param name="file">The recording, for messages.</param>
/// <param name="touch">
/// What the program does with a block: <see cref="TouchAssumption.None"/> nothing, otherwise it writes every page of it.
/// </param>
public sealed class TaskHeap(string file, TouchAssumption touch) : IHeapPlayer
{
    // Room for main_arena (struct malloc_state) of every platform.
    private const ulong MainArenaBytes = 4096;

    private readonly HeapPrologue _prologue = new();
    private readonly Dictionary<int, int> _threads = [];
    private readonly LiveBlocks _live = new();
    private readonly SortedDictionary<string, long> _warnings = new(StringComparer.Ordinal);
    private readonly List<AccessRun> _accesses = [];
    private ulong[] _addresses = new ulong[256];
    private TaskAllocator? _malloc;
    private TaskDoor? _door;
    private ResultLog? _log;

    /// <inheritdoc/>
    public bool IsDead { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, long> Warnings => _warnings;

    /// <inheritdoc/>
    public long AssumedAccesses { get; private set; }

    /// <inheritdoc/>
    public int Mm => _door is null ? 0 : _door.Machine.Tasks.Tasks[_door.Task].Mm;

    /// <inheritdoc/>
    public long Calls { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<HeapChunk> WalkChunks()
    {
        if (_malloc is null || IsDead)
            return [];
        _door!.IsPeeking = true;
        try
        {
            return _malloc.WalkChunks();
        }
        catch (HeapDeathException)
        {
            return [];
        }
        finally
        {
            _door.IsPeeking = false;
        }
    }

    /// <inheritdoc/>
    public ReadOnlySpan<AccessRun> LastAccesses => CollectionsMarshal.AsSpan(_accesses);

    /// <inheritdoc/>
    public void Take(EventBatch batch, in NoteRecord note) => _prologue.Take(batch, note);

    /// <inheritdoc/>
    public void Begin(Machine machine, int task, CallCounts counts, ResultLog? log)
    {
        ArgumentNullException.ThrowIfNull(machine);
        _log = log;
        _door = new TaskDoor(machine, counts) { Task = task };
        ref MmStruct mm = ref machine.AddressSpaces.Mms[machine.Tasks.Tasks[task].Mm];
        var place = new MallocOptions
        {
            KnownBreak = mm.Brk,
            MainArenaAddress = IsWritable(machine, mm, _prologue.MainArenaAddress) ? _prologue.MainArenaAddress : MapData(machine, task),
            Cpus = _prologue.Cpus > 0 ? _prologue.Cpus : machine.Spec.Cpus,
        };
        _malloc = TaskAllocator.Create(file, _prologue, Release(), _door, place);
    }

    /// <inheritdoc/>
    public void Call(long line, int tid, int task, in HeapCallRecord call)
    {
        TaskAllocator malloc = _malloc!;
        _accesses.Clear();
        _door!.Task = task;
        Calls++;
        if (!_threads.TryGetValue(tid, out int thread))
            _threads.Add(tid, thread = _threads.Count);
        try
        {
            malloc.SwitchThread(thread);
            if (call.Function == HeapFunction.ThreadExit)
                malloc.EndThread();
            else if (call.Function == HeapFunction.ForkChild)
                malloc.ForkChild();
            else
                Make(line, task, call);
        }
        catch (MallocAbortException abort)
        {
            Die($"line {line}: SIGABRT: {abort.Message}");
        }
        catch (HeapDeathException death)
        {
            Die($"line {line}: {death.Message}");
        }
    }

    /// <inheritdoc/>
    public void ProgramMovedBreak(ulong address) => _malloc?.ProgramMovedBreak(address);

    private void Make(long line, int task, in HeapCallRecord call)
    {
        ulong pointer = call.Arg0;
        int slot = 0;
        if (call.Function is HeapFunction.Free or HeapFunction.Realloc or HeapFunction.MallocUsableSize && pointer != 0)
        {
            slot = _live.Find(pointer);
            if (slot == 0 && call.HasResult)
            {
                Warn("a call with a pointer that is no live block");
                return;
            }

            pointer = slot == 0 ? pointer : _addresses[slot];
        }

        ulong got = _malloc!.Make(call, pointer, out Errno error);
        if (_log is not null && call.HasResult && call.Function != HeapFunction.Free)
            _ = _log.Compare(line, call.Function.ToString(), (call.Result, call.Error), (got, error));
        Follow(task, call, slot, got);
    }

    private void Follow(int task, in HeapCallRecord call, int slot, ulong got)
    {
        bool isFreed = call.Function == HeapFunction.Free || (call.Function == HeapFunction.Realloc && (call.Result != 0 || call.Arg1 == 0));
        if (slot != 0 && isFreed)
            _ = _live.Remove(call.Arg0);
        if (call.Function is HeapFunction.Free or HeapFunction.MallocTrim or HeapFunction.Mallopt or HeapFunction.MallocUsableSize || got == 0)
            return;
        ulong bytes = call.Function switch
        {
            HeapFunction.Calloc => call.Arg0 * call.Arg1,
            HeapFunction.Malloc or HeapFunction.Valloc or HeapFunction.Pvalloc => call.Arg0,
            _ => call.Arg1,
        };
        if (touch != TouchAssumption.None)
            Touch(task, got, bytes);
        if (call.Result == 0)
            return;
        if (_live.Find(call.Result) != 0)
        {
            Warn("a result that is the address of a live block");
            _ = _live.Remove(call.Result);
        }

        int added = _live.Add(call.Result);
        if (added >= _addresses.Length)
            Array.Resize(ref _addresses, added * 2);
        _addresses[added] = got;
    }

    private void Touch(int task, ulong address, ulong bytes)
    {
        if (bytes == 0)
            return;
        for (ulong page = address & ~4095UL; page < address + bytes; page += 4096)
        {
            ulong at = Math.Max(page, address);
            TaskDoor.Check(_door!.Machine.Access(task, at, AccessKind.Write), at);
            AssumedAccesses++;
            _accesses.Add(new AccessRun(at, 1, AccessKind.Write));
        }
    }

    private void Die(string how)
    {
        IsDead = true;
        Warn(how);
    }

    private void Warn(string what) => _warnings[what] = _warnings.GetValueOrDefault(what) + 1;

    private static bool IsWritable(Machine machine, in MmStruct mm, ulong address)
    {
        ulong end = address + MainArenaBytes;
        for (int vma = mm.Mmap; vma != 0 && address < end; vma = machine.AddressSpaces.Vmas[vma].Next)
        {
            ref VmArea area = ref machine.AddressSpaces.Vmas[vma];
            if (area.Start <= address && address < area.End && (area.Flags & VmFlags.Write) != 0)
                address = area.End;
        }

        return address >= end;
    }

    // Which of two releases of one name it is takes a look ahead, which standard input does not give.
    private string Release()
    {
        IReadOnlyList<string> names = AllocatorModels.Named(_prologue.ModelledRelease);
        return names.Count > 1 && file != "-" ? HeapScript.Read(file).Release : names[0];
    }

    // Where libc's data is not in the model, its main_arena gets pages of its own.
    private ulong MapData(Machine machine, int task)
    {
        SysResult result = machine.SystemCalls.Mmap(task, 0, 2 * 4096, Prot.Read | Prot.Write, MapFlags.Private | MapFlags.Anonymous, -1, 0);
        return result.IsError ? throw new ReplayException($"{file}: no memory for libc's data on this machine") : result.Address;
    }
}
