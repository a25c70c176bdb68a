using System.Runtime.InteropServices;
using Pagewise.Abi;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Swap;
using Pagewise.Kernel.Tests.Tasks;

namespace Pagewise.Kernel.Tests.Swap;

/// <summary>
/// Programs that share a machine with memory for a quarter of what they use: private memory that forks copy, shared
/// memory, and a file mapped shared. Each load is compared with plain arrays.
/// </summary>
internal sealed class CrowdedPrograms : IDisposable
{
    private const ulong MemoryPages = 4096;
    private const int AreaPages = 5200;
    private const int WordsPerPage = 8;
    private const int Hot = AreaPages / 20;
    private const int MostProcesses = 3;
    private const ulong Base = 0x10_0000_0000;
    private const ulong AreaStride = 0x1000_0000;

    // Private memory, shared memory, a file mapped shared.
    private enum Kind
    {
        Private,
        Shared,
        File,
    }

    private const int StepEvery = 4096;

    private readonly Random _random;
    private readonly List<(int Pid, int Task, ulong[] Private)> _processes = [];
    private readonly ulong[] _shared = new ulong[AreaPages * WordsPerPage];
    private readonly ulong[] _file = new ulong[AreaPages * WordsPerPage];
    private readonly int _fd;
    private readonly int _calm;
    private int _lastPid = 1000;
    private int _process;
    private int _window;

    /// <summary>Programs on a machine.</summary>
    /// <param name="seed">Decides everything.</param>
    /// <param name="configure">What the machine has besides memory.</param>
    /// <param name="calm">How many times longer programs stay with the same hot pages than 4096 accesses, and how many times rarer than 1 in 16 they use others: at 1 a third of all accesses fault.</param>
    public CrowdedPrograms(int seed, Func<MachineSpec, MachineSpec> configure, int calm = 1)
    {
        _calm = calm;
        _random = new Random(seed);
        Machine = Machine.Create(configure(new MachineSpec
        {
            MemoryBytes = MemoryPages << 12,
            OvercommitMemory = 1,
            Cpus = 1 + (seed % 2),
            WarmPageCache = false,
            BlockDevices = [BlockDeviceSpec.Find("nvme")!],
        }));
        int task = Programs.Run(Machine, Programs.Static(Machine));
        int inode = Machine.Inodes.Create("/file", InodeKind.Regular, 0xfe0000, 7, (ulong)AreaPages << 12);
        _fd = (int)Machine.SystemCalls.Open(task, inode, OpenFlags.ReadWrite).Raw;
        Map(task, Kind.Private, MapFlags.Private | MapFlags.Anonymous, -1);
        Map(task, Kind.Shared, MapFlags.Shared | MapFlags.Anonymous, -1);
        Map(task, Kind.File, MapFlags.Shared, _fd);
        _processes.Add((_lastPid, task, new ulong[AreaPages * WordsPerPage]));
    }

    public Machine Machine { get; }

    /// <summary>Whether the machine has two areas, /a and /b, each large enough for all, so that one may be switched off.</summary>
    public bool HasSpareArea { get; init; }

    /// <summary>How often that was done.</summary>
    public int SwapOffs { get; private set; }

    /// <summary>Loads and stores at random; whatever a load finds is what was stored last.</summary>
    public void Run(long accesses)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        for (long i = 0; i < accesses; i++)
        {
            if (i % 64 == 0)
                _process = _random.Next(_processes.Count);
            if (i % StepEvery == StepEvery - 1)
                Step();
            if (i % ((long)StepEvery * _calm) == 0)
                _window = _random.Next(AreaPages);
            (int pid, int task, ulong[] mine) = _processes[_process];
            var kind = (Kind)_random.Next(3);
            ulong[] words = kind switch { Kind.Private => mine, Kind.Shared => _shared, _ => _file };
            int page = _random.Next(16 * _calm) != 0 ? (_window + _random.Next(Hot)) % AreaPages : _random.Next(AreaPages);
            int word = (page * WordsPerPage) + _random.Next(WordsPerPage);
            ulong address = Start(kind) + ((ulong)word * (4096 / WordsPerPage));
            if (_random.Next(3) == 0)
            {
                words[word] = (ulong)_random.NextInt64();
                MemoryMarshal.Write(bytes, in words[word]);
                Machine.WriteMemory(task, address, bytes).IsResolved.ShouldBeTrue();
                continue;
            }

            Machine.ReadMemory(task, address, bytes).IsResolved.ShouldBeTrue();
            ulong found = MemoryMarshal.Read<ulong>(bytes);
            if (found != words[word])
                throw new InvalidOperationException($"access {i}: process {pid} finds {found:x} in {kind} page {page}, {words[word]:x} was stored");
        }
    }

    /// <summary>All programs end.</summary>
    public void EndAll()
    {
        foreach ((_, int task, _) in _processes)
            Machine.SystemCalls.ExitGroup(task);
        _processes.Clear();
    }

    public void Dispose() => Machine.Dispose();

    private static ulong Start(Kind kind) => Base + ((ulong)kind * AreaStride);

    private void Map(int task, Kind kind, MapFlags flags, int fd) =>
        Machine.SystemCalls.Mmap(task, Start(kind), (ulong)AreaPages << 12, Prot.Read | Prot.Write, flags | MapFlags.Fixed, fd, 0).Address.ShouldBe(Start(kind));

    // Something else than an access.
    private void Step()
    {
        (_, int task, ulong[] mine) = _processes[_process];
        SystemCalls.SystemCalls calls = Machine.SystemCalls;
        ulong address = Start((Kind)_random.Next(3)) + ((ulong)_random.Next(AreaPages - 64) << 12);
        switch (_random.Next(9))
        {
            case 0 when _processes.Count < MostProcesses:
                calls.Clone(task, CloneFlags.None, ++_lastPid).Raw.ShouldBe(_lastPid);
                _processes.Add((_lastPid, Machine.Tasks.Find(_lastPid), [.. mine]));
                break;
            case 1 when _processes.Count > 1:
                calls.ExitGroup(task);
                _processes.RemoveAt(_process);
                _process = 0;
                break;
            case 2:
                calls.Madvise(task, address, 64 << 12, Madvice.PageOut).IsError.ShouldBeFalse();
                break;
            case 3:
                calls.Madvise(task, address, 64 << 12, Madvice.WillNeed).IsError.ShouldBeFalse();
                break;
            case 4:
                calls.Fsync(task, _fd).IsError.ShouldBeFalse();
                break;
            case 5:
                Machine.TryWriteSysctl("vm.drop_caches", "1").ShouldBeTrue();
                break;
            case 6:
                // Cut in the middle of a page, then long again: the rest reads as zeroes.
                int kept = _random.Next(AreaPages * WordsPerPage);
                calls.Ftruncate(task, _fd, kept * (4096L / WordsPerPage)).IsError.ShouldBeFalse();
                calls.Ftruncate(task, _fd, (long)AreaPages << 12).IsError.ShouldBeFalse();
                Array.Clear(_file, kept, _file.Length - kept);
                break;
            case 7 when HasSpareArea:
                // All that the other has moves, by way of memory.
                string area = _random.Next(2) == 0 ? "/a" : "/b";
                calls.Swapoff(task, area).ShouldBe(SysResult.Ok);
                calls.Swapon(task, area, (uint)(0x8000 + _random.Next(2))).ShouldBe(SysResult.Ok);
                SwapOffs++;
                break;
        }
    }
}
