namespace Pagewise.Kernel.Hardware;

public sealed partial record CpuPreset
{
    /// <summary>The presets, by name.</summary>
    public static IReadOnlyList<CpuPreset> All { get; } = [Skylake(), Zen3(), Zen4(), CortexA76(), QemuTcg(), None()];

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
        ScanPage = 200,
        AgePage = 20,
        CompressPage = 1000,
        DecompressPage = 1000,
        SwapPage = 1000,
        TransferPage = 250,
        CachePage = 400,
        WritebackPage = 200,
    };

    /// <summary>
    /// Intel Skylake (client, 4 GHz). TLBs: Intel 64 and IA-32 Architectures Optimization Reference Manual (248966),
    /// table "TLB parameters of the Skylake client microarchitecture": ITLB 128 entries 8-way for 4 KiB and 8 for 2 MiB;
    /// DTLB 64 4-way, 32 4-way, 4 for 4 KiB, 2 MiB, 1 GiB; STLB 1536 12-way shared by 4 KiB and 2 MiB, 16 4-way for
    /// 1 GiB. Data caches and their latencies (4, 12, 44 cycles): the cache parameter table of the same manual. Assumed,
    /// since Intel publishes none: an STLB hit of 9 cycles, page-walk caches of 32, 4 and 4 entries, memory at 70 ns.
    /// </summary>
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

    /// <summary>
    /// AMD Zen 3 (4 GHz). L1 TLBs of 64 entries, fully associative, for all page sizes, and an L2 data TLB of 2048 entries
    /// without 1 GiB pages, as WikiChip lists them for Zen 2; L2 instruction TLB of 512 entries, 8-way, 4 KiB and 2 MiB, as
    /// 7-cpu.com lists it for Zen 2; 64 entries in each page-walk cache: Chips and Cheese give the page directory cache of
    /// all Zen cores 64 for the upper levels. Assumed: that Zen 3 keeps Zen 2's TLBs, 16 ways in the L2 data TLB, its hit
    /// at 8 cycles, 64 entries for level 2 too (the core keeps those in the L2 data TLB), and the latencies. AMD skews the
    /// L2 ways by page size and coalesces neighbouring pages; neither is modelled.
    /// </summary>
    private static CpuPreset Zen3() => new()
    {
        Name = "zen3",
        L1Instruction = new() { Pages4K = new(64, 64), Shared = 3 },
        L1Data = new() { Pages4K = new(64, 64), Shared = 3 },
        L2Data = new() { Pages4K = new(2048, 16), Shared = 2 },
        L2Instruction = new() { Pages4K = new(512, 8), Shared = 2 },
        WalkCaches = [new(64, 64), new(64, 64), new(64, 64)],
        CacheBytes = [32 << 10, 512 << 10, 32 << 20],
        Costs = KernelCosts with { L2TlbHit = 2, WalkL1 = 1, WalkL2 = 3, WalkLlc = 12, WalkMemory = 75 },
    };

    /// <summary>
    /// AMD Zen 4 (4 GHz). Software Optimization Guide for the AMD Zen 4 Microarchitecture (57647), 2.6 and 2.7: L1 data TLB
    /// of 72 entries, fully associative; L2 data TLB of 3072, 24-way; 1 MiB of L2 cache at 14 cycles, L3 at 50. CPUID
    /// Fn8000_0005 and Fn8000_0006 of an EPYC of family 19h, model 11h, say the same sizes, 64 entries, fully associative,
    /// in the L1 instruction TLB and 512 in the L2 one. The rest is Zen 3's.
    /// </summary>
    private static CpuPreset Zen4() => Zen3() with
    {
        Name = "zen4",
        L1Data = new() { Pages4K = new(72, 72), Shared = 3 },
        L2Data = new() { Pages4K = new(3072, 24), Shared = 2 },
        CacheBytes = [32 << 10, 1 << 20, 32 << 20],
        Costs = KernelCosts with { L2TlbHit = 2, WalkL1 = 1, WalkL2 = 3.5, WalkLlc = 12.5, WalkMemory = 75 },
    };

    /// <summary>
    /// Arm Cortex-A76 (2.8 GHz). Arm Cortex-A76 Core Technical Reference Manual (100798), A5.1 and A5.2: L1 TLBs of 48
    /// entries, fully associative, 1 cycle, no 1 GiB pages; L2 TLB of 1280 entries, 5-way, shared by both sides and all
    /// sizes; 64 KiB L1 caches. L2 and L3 sizes and latencies (9 and 26–31 cycles): WikiChip. The manual's L2 look-up
    /// of three cycles is rounded up to 2 ns with the refill. Page tables stay x86's: only the TLBs are this core's.
    /// Assumed: a page-walk cache of 32 entries (the core keeps partial walks in its L2 TLB) and memory at 100 ns.
    /// </summary>
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

    /// <summary>
    /// QEMU's emulated CPU (TCG), on which experiments were recorded. How fast it is depends on what else its host did: the
    /// recordings' own figures differ by a factor of four among themselves. From timestamps of the recorded traces
    /// trace_reclaim_w52 and trace_file_w64: scan_page 4.3 µs a page that was looked at and kept; reclaim_page what a page that
    /// nothing maps took more (5.2 in all); kswapd_turn what its first pass took more (272 of one page) than later ones;
    /// scan_isolate with scan_pass what those took, from the end of one to the end of the next, without their pages (69 and 100 to 110,
    /// eight trace events among it); scan_pass, of trace_oom, whose kswapd found nothing in fourteen runs of twelve passes, 195 µs a run
    /// (median); direct_pass: a hog beside it took 400 for thirteen, 31 a pass (8 where the host was fast); cold_pass, of the first pass of trace_reclaim_w52: 1.9 ms
    /// up to its first page, 2.6 for that, 5.5 up to its first shrinker, where later ones take 0.1 in all (trace_oom's first three direct reclaims: 12, 4.2 and 3.3 ms, then 0.4);
    /// cold_swap its first page out, 3.66 ms less what later ones take; kswapd_turn again, of 35 times that kswapd went on after a tick had taken the CPU: 197 µs to
    /// the next page instead of 35; swap_page between two writes 30, less the look and the unmapping.
    /// The others by playing recorded workloads to the same kernel under QEMU and reading running times
    /// (schedstat) and timestamps, times 2.3 to 2.7, for what both have took so much longer in the recorded traces:
    /// minor_fault 20 µs there; syscall: two calls of getrusage 6.6, and every 64 accesses the recorder's look at
    /// /proc/vmstat, 110 (there twelve empty passes take 88 to 92, and one that takes pages 18 to 29 without those); unmap_page: mapped pages took 4.5 to free, others 2.0 and kept ones 1.6; zram: kswapd
    /// took 93 a page of cyclic56_zram, the task 73 an access. block_request: of the 337 µs that
    /// cyclic56_pc0's task ran an access (getrusage), what the others do not explain. age_page: 14 ms for the first walk
    /// over 15,208 used pages (debugfs lru_gen). Files, from how long the calls of wb_exact took: transfer_page 28 µs (writes over pages that are cached),
    /// cache_page 70 µs (what writes of new pages take more), writeback_page 14 µs (its first fsync). TLBs are Skylake's:
    /// QEMU's are of another kind.
    /// </summary>
    private static CpuPreset QemuTcg() => Skylake() with
    {
        Name = "qemu-tcg",
        Costs = Skylake().Costs with
        {
            MinorFault = 46_000,
            Syscall = 10_000,
            ZeroPage = 0,
            KswapdTurn = 220_000,
            ScanPass = 16_000,
            DirectPass = 15_000,
            ColdPass = 10_000_000,
            ColdSwap = 3_600_000,
            ScanIsolate = 50_000,
            ScanPage = 4_300,
            UnmapPage = 7_500,
            ReclaimPage = 1_000,
            AgePage = 420,
            SwapPage = 23_000,
            CompressPage = 176_000,
            DecompressPage = 98_000,
            TransferPage = 28_000,
            CachePage = 70_000,
            WritebackPage = 14_000,
            BlockRequest = 257_000,
            IdleExit = 1_000_000,
        },
    };

    /// <summary>No TLB and no page-walk cache: every access is walked from the top. Not a real CPU; the caches are Skylake's.</summary>
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
