namespace Pagewise.Kernel.Hardware;

public sealed partial record CpuPreset
{
    /// <summary>The presets, by name.</summary>
    public static IReadOnlyList<CpuPreset> All { get; } = [Skylake(), Zen3(), Zen4(), CortexA76(), None()];

    /// <summary>
    /// Kernel costs that every preset starts from; they are overridden in a machine file, not measured per CPU.
    /// </summary>
    private static CostTable KernelCosts => new()
    {
        Invlpg = 40,
        TlbFlush = 100,
        Shootdown = 1500,
        ContextSwitch = 300,
        MinorFault = 250,
        HugeFault = 600,
        MajorFault = 80_000,
        Segv = 1000,
        ZeroPage = 60,
        CopyPage = 120,
        Syscall = 60,
        PerPageSyscall = 10,
    };

    private static CpuPreset Skylake() => new()
    {
        Name = "skylake",
        L1Instruction = new() { Pages4K = new(128, 8), Pages2M = new(8, 8) },
        L1Data = new() { Pages4K = new(64, 4), Pages2M = new(32, 4), Pages1G = new(4, 4) },
        L2Data = new() { Pages4K = new(1536, 12), Shared = 2, Pages1G = new(16, 4) },
        WalkCaches = [new(32, 4), new(4, 4), new(4, 4)],
        CacheBytes = [32 << 10, 256 << 10, 8 << 20],
        Costs = KernelCosts with { L2TlbHit = 2.25, WalkL1 = 1.25, WalkL2 = 3.5, WalkLlc = 11, WalkMemory = 70 },
    };

    private static CpuPreset Zen3() => new()
    {
        Name = "zen3",
        L1Instruction = new() { Pages4K = new(64, 64), Shared = 3 },
        L1Data = new() { Pages4K = new(64, 64), Shared = 3 },
        L2Data = new() { Pages4K = new(2048, 16), Shared = 2 },
        L2Instruction = new() { Pages4K = new(512, 4), Shared = 2 },
        WalkCaches = [new(64, 64), new(64, 64), new(64, 64)],
        CacheBytes = [32 << 10, 512 << 10, 32 << 20],
        Costs = KernelCosts with { L2TlbHit = 2, WalkL1 = 1, WalkL2 = 3, WalkLlc = 12, WalkMemory = 75 },
    };

    private static CpuPreset Zen4() => Zen3() with
    {
        Name = "zen4",
        L1Data = new() { Pages4K = new(72, 72), Shared = 3 },
        L2Data = new() { Pages4K = new(3072, 24), Shared = 2 },
        CacheBytes = [32 << 10, 1 << 20, 32 << 20],
    };

    private static CpuPreset CortexA76() => new()
    {
        Name = "cortex-a76",
        L1Instruction = new() { Pages4K = new(48, 48), Shared = 2 },
        L1Data = new() { Pages4K = new(48, 48), Shared = 2 },
        L2Data = new() { Pages4K = new(1280, 5), Shared = 3 },
        WalkCaches = [new(32, 32)],
        CacheBytes = [64 << 10, 512 << 10, 4 << 20],
        Costs = KernelCosts with { L2TlbHit = 2, WalkL1 = 1.4, WalkL2 = 3.2, WalkLlc = 12, WalkMemory = 100 },
    };

    private static CpuPreset None() => new()
    {
        Name = "none",
        L1Instruction = new() { Shared = 3 },
        L1Data = new() { Shared = 3 },
        L2Data = new() { Shared = 3 },
        WalkCaches = [],
        CacheBytes = [32 << 10, 256 << 10, 8 << 20],
        HasAsids = false,
        Costs = KernelCosts with { WalkL1 = 1.25, WalkL2 = 3.5, WalkLlc = 11, WalkMemory = 70 },
    };
}
