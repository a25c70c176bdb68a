using BenchmarkDotNet.Attributes;
using Pagewise.Abi;
using Pagewise.Kernel;

namespace Pagewise.Benchmarks;

/// <summary>
/// An mmap and a munmap of 64 KiB never touched, page-table calls included, in address spaces of 10 and of 60,000 areas;
/// and the fork of a process with 1 GiB touched, with the child's end.
/// </summary>
[MemoryDiagnoser]
public class MappingsBenchmarks
{
    private const ulong PairBytes = 65536;

    private readonly Machine _machine = Machine.Create(new MachineSpec());
    private int _few;
    private int _many;
    private int _large;

    /// <summary>Makes three tasks: of 10 areas, of 60,000, and with 1 GiB touched.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _few = Task(1, areas: 10);
        _many = Task(2, areas: 60_000);
        _large = Task(3, areas: 1);
        SysResult at = Map(_large, 1UL << 30, Prot.Read | Prot.Write);
        for (ulong page = 0; page < 1UL << 30; page += 4096)
        {
            if (!_machine.Access(_large, at.Address + page, AccessKind.Write).IsResolved)
                throw new InvalidOperationException($"page {page:x} could not be touched");
        }
    }

    /// <summary>Gives the machine back.</summary>
    [GlobalCleanup]
    public void Cleanup() => _machine.Dispose();

    /// <summary>One pair with 10 areas.</summary>
    [Benchmark]
    [LiveKernel("map_pair_10_vmas")]
    public SysResult PairWith10Areas() => Pair(_few);

    /// <summary>One pair with 60,000 areas.</summary>
    [Benchmark]
    [LiveKernel("map_pair_60000_vmas")]
    public SysResult PairWith60000Areas() => Pair(_many);

    /// <summary>A fork of 262,144 touched pages.</summary>
    [Benchmark]
    [LiveKernel("fork_1_gib")]
    public SysResult ForkOneGib()
    {
        SysResult pid = _machine.SystemCalls.Clone(_large, CloneFlags.None);
        return _machine.SystemCalls.ExitGroup(_machine.Tasks.Find((int)pid.Raw));
    }

    private int Task(int pid, int areas)
    {
        int task = _machine.SystemCalls.CreateInitialTask(pid, "bench");
        for (int i = 0; i < areas; i++)
        {
            // Neighbours differ in protection, so that no two merge.
            if (Map(task, 4096, (i & 1) == 0 ? Prot.None : Prot.Read).IsError)
                throw new InvalidOperationException($"area {i} of {areas} was refused");
        }

        return task;
    }

    private SysResult Pair(int task)
    {
        SysResult at = Map(task, PairBytes, Prot.Read | Prot.Write);
        return _machine.SystemCalls.Munmap(task, at.Address, PairBytes);
    }

    private SysResult Map(int task, ulong lengthBytes, Prot prot) =>
        _machine.SystemCalls.Mmap(task, 0, lengthBytes, prot, MapFlags.Private | MapFlags.Anonymous, -1, 0);
}
