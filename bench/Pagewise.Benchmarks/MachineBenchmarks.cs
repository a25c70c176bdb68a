using BenchmarkDotNet.Attributes;
using Pagewise.Abi;
using Pagewise.Kernel;

namespace Pagewise.Benchmarks;

/// <summary>A machine switched on, with one process that has touched one page, and off again.</summary>
[MemoryDiagnoser]
public class MachineBenchmarks
{
    /// <summary>RAM in GiB: 1 TiB and less.</summary>
    [Params(1, 1024)]
    public int MemoryGib { get; set; } = 1024;

    /// <summary>NUMA nodes, with equal shares of the memory.</summary>
    [Params(1, 8)]
    public int Nodes { get; set; } = 8;

    /// <summary>On and off.</summary>
    [Benchmark]
    public bool StartAndStop()
    {
        using Machine machine = Machine.Create(new MachineSpec
        {
            MemoryBytes = (ulong)MemoryGib << 30,
            NodeBytes = [.. Enumerable.Repeat(((ulong)MemoryGib << 30) / (ulong)Nodes, Nodes)],
        });
        int task = machine.SystemCalls.CreateInitialTask(1, "bench");
        ulong page = machine.SystemCalls.Mmap(task, 0, 4096, Prot.Read | Prot.Write, MapFlags.Private | MapFlags.Anonymous, -1, 0).Address;
        return machine.Access(task, page, AccessKind.Write).IsResolved;
    }
}
