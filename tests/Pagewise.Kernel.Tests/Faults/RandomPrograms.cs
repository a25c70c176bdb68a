using Pagewise.Abi;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Tests.Faults;

/// <summary>Programs that map, store, load, fork and end at random, held against <see cref="NaiveMemory"/> at every load.</summary>
internal sealed class RandomPrograms : IDisposable
{
    private const ulong Base = 0x4000_0000;
    private const ulong ArenaPages = 2048;

    private readonly Random _random;
    private readonly NaiveMemory _naive = new();
    private readonly Dictionary<int, int> _tasks = [];
    private readonly int _fd;
    private readonly int _file;
    private readonly bool _isShort;
    private int _lastProcess = 1;

    /// <summary>Starts the first program.</summary>
    /// <param name="format">The page tables.</param>
    /// <param name="seed">Decides everything.</param>
    /// <param name="configure">Another machine than one with memory for all.</param>
    public RandomPrograms(PageTableFormat format, int seed, Func<MachineSpec, MachineSpec>? configure = null)
    {
        _random = new Random(seed);
        MachineSpec spec = new MachineSpec { Format = format, MemoryBytes = 24UL << 20, OvercommitMemory = 1, Cpus = 1 + (seed % 3), Cpu = seed % 2 == 0 ? "zen3" : "skylake" };
        Machine = Machine.Create(configure is null ? spec : configure(spec));
        _isShort = configure is not null;
        int task = Machine.SystemCalls.CreateInitialTask(1, "random");
        _tasks[1] = task;
        _naive.Start(1);
        _file = _naive.NewObject();
        _fd = (int)Machine.SystemCalls.MemfdCreate(task, "file", MemfdFlags.None).Raw;
        Machine.SystemCalls.Ftruncate(task, _fd, (long)(ArenaPages << 12)).IsError.ShouldBeFalse();
    }

    public Machine Machine { get; }

    private SystemCalls.SystemCalls Calls => Machine.SystemCalls;

    public string Step()
    {
        int[] processes = [.. _naive.Processes];
        int process = processes[_random.Next(processes.Length)];
        int task = _tasks[process];
        ulong count = _random.Next(4) == 0 ? 512UL + (ulong)_random.Next(600) : 1 + (ulong)_random.Next(12);
        ulong first = (Base >> 12) + (_random.Next(3) == 0 ? (ulong)_random.Next(3) * 512 : (ulong)_random.Next((int)(ArenaPages - count)));
        ulong address = first << 12;
        ulong length = count << 12;
        string what = $"process {process} at {first:x}+{count:x}: ";
        switch (_random.Next(20))
        {
            case < 2:
                Map(process, first, count);
                return what + "mmap";
            case 2:
                Calls.Munmap(task, address, length).IsError.ShouldBeFalse();
                _naive.Unmap(process, first, count);
                return what + "munmap";
            case 3 when _naive.IsMapped(process, first, count):
                bool readable = _random.Next(5) > 0;
                bool writable = readable && _random.Next(2) > 0;
                Calls.Mprotect(task, address, length, (readable ? Prot.Read : 0) | (writable ? Prot.Write : 0)).IsError.ShouldBeFalse();
                _naive.Protect(process, first, count, readable, writable);
                return what + $"mprotect {readable} {writable}";
            case 4 when _naive.IsMapped(process, first, count):
                Calls.Madvise(task, address, length, Madvice.DontNeed).IsError.ShouldBeFalse();
                _naive.Discard(process, first, count);
                return what + "dontneed";
            case 5:
                Calls.Madvise(task, address, length, _random.Next(3) > 0 ? Madvice.HugePage : Madvice.NoHugePage);
                return what + "hugepage";
            case 6:
                Calls.Madvise(task, address, length, _random.Next(2) > 0 ? Madvice.Cold : Madvice.Collapse);
                return what + "cold or collapse";
            case 7:
                Move(process, first, count);
                return what + "mremap";
            case 8 when _naive.Processes.Count() < 5:
                Fork(process);
                return what + "fork";
            case 9 when _naive.Processes.Count() > 1:
                End(process);
                return what + "exit";
            case 10:
                Calls.Madvise(task, address, length, Madvice.PopulateWrite);
                return what + "populate";
            case 11 when _isShort:
                Calls.Madvise(task, address, length, _random.Next(2) > 0 ? Madvice.PageOut : Madvice.WillNeed);
                return what + "pageout or willneed";
            default:
                for (int i = 0; i < (_isShort ? 120 : 12); i++)
                    Access(process, first + (ulong)_random.Next((int)Math.Min(count + 2, ArenaPages)));
                return what + "accesses";
        }
    }

    public void EndAll()
    {
        foreach (int process in _naive.Processes.ToArray())
            End(process);
    }

    public void Dispose() => Machine.Dispose();

    private void Map(int process, ulong first, ulong count)
    {
        int task = _tasks[process];
        bool writable = _random.Next(4) > 0;
        Prot prot = Prot.Read | (writable ? Prot.Write : 0);
        int kind = _random.Next(5);
        MapFlags flags = MapFlags.Fixed | (kind is 0 or 1 or 2 ? MapFlags.Private : MapFlags.Shared) | (kind is 0 or 1 or 3 ? MapFlags.Anonymous : 0);
        int fd = kind is 2 or 4 ? _fd : -1;
        ulong index = fd < 0 ? 0 : (ulong)_random.Next((int)(ArenaPages - count));
        Calls.Mmap(task, first << 12, count << 12, prot, flags, fd, index << 12).Address.ShouldBe(first << 12);
        int shared = fd >= 0 ? _file : kind == 3 ? _naive.NewObject() : 0;
        _naive.Map(process, first, count, writable, shared, index, kind < 3);
    }

    private void Move(int process, ulong first, ulong count)
    {
        ulong to = (Base >> 12) + ArenaPages + (ulong)_random.Next(3) * 512;
        if (!_naive.IsMapped(process, first, count))
            return;
        SysResult moved = Calls.Mremap(_tasks[process], first << 12, count << 12, count << 12, MremapFlags.MayMove | MremapFlags.Fixed, to << 12);
        moved.IsError.ShouldBeFalse();
        _naive.Unmap(process, to, count);
        _naive.Move(process, first, to, count);
        for (int i = 0; i < 4; i++)
            Access(process, to + (ulong)_random.Next((int)count));
        if (_random.Next(2) == 0)
            return;
        Calls.Mremap(_tasks[process], to << 12, count << 12, count << 12, MremapFlags.MayMove | MremapFlags.Fixed, first << 12).IsError.ShouldBeFalse();
        _naive.Move(process, to, first, count);
    }

    private void Fork(int parent)
    {
        int child = ++_lastProcess;
        Calls.Clone(_tasks[parent], CloneFlags.None, child).Raw.ShouldBe(child);
        _tasks[child] = Machine.Tasks.Find(child);
        _naive.Fork(parent, child);
    }

    private void End(int process)
    {
        Calls.ExitGroup(_tasks[process]);
        _naive.End(process);
    }

    private void Access(int process, ulong page)
    {
        NaiveMemory.Page? there = _naive.At(process, page);
        bool isWrite = _random.Next(2) == 0;
        Span<byte> bytes = [(byte)_random.Next(1, 256)];
        ulong address = (page << 12) + 123;
        FaultOutcome outcome = isWrite ? Machine.WriteMemory(_tasks[process], address, bytes) : Machine.ReadMemory(_tasks[process], address, bytes);
        bool isAllowed = there is not null && (isWrite ? there.IsWritable : there.IsReadable);
        if (outcome.Signal == Signal.Kill)
            return; // the machine is full: a value, not an error
        outcome.IsResolved.ShouldBe(isAllowed, $"process {process}, page {page:x}, {(isWrite ? "write" : "read")}, {there}");
        if (!isAllowed)
            outcome.Code.ShouldBe(there is null ? SignalCode.MapErr : SignalCode.AccErr);
        else if (isWrite)
            _naive.Write(process, page, bytes[0]);
        else
            bytes[0].ShouldBe(_naive.Read(process, page), $"process {process}, page {page:x}, {there}");
    }
}
