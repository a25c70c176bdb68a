using BenchmarkDotNet.Attributes;
using Pagewise.Kernel;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Swap;

namespace Pagewise.Benchmarks;

/// <summary>
/// The accesses of <see cref="ReclaimBenchmarks"/> by a program whose cgroup may have 1/1.3 of what it uses, on machines
/// from 16 GiB to 1 TiB: what an access costs follows from what is used, not from what there is.
/// </summary>
public class ReclaimScaleBenchmarks : PressedMachineBenchmarks
{
    /// <summary>RAM in GiB.</summary>
    [Params(16, 256, 1024)]
    public int MemoryGib { get; set; } = 16;

    private protected override PressedMachine SwitchOn() => new PressedMachine(
        new MachineSpec
        {
            MemoryBytes = (ulong)MemoryGib << 30,
            Cpus = 1,
            Thp = ThpMode.Never,
            OvercommitMemory = 1,
            PageCluster = 0,
            SwapBytes = (ulong)MemoryGib << 30,
            SwapAreas = [new SwapAreaSpec(((uint)MemoryGib << 18) + 1) { IsSynchronous = true }],
            Cgroups = [new CgroupSpec("/bench") { MemoryMax = PressedMachine.MemoryPages << 12 }],
        },
        "/bench");
}
