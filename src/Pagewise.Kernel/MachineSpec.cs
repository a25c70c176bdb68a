using Pagewise.Abi;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.Oom;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Swap;

namespace Pagewise.Kernel;

/// <summary>A machine before it is switched on: what a machine file, `--set` and the library's users say.</summary>
public sealed record MachineSpec
{
    /// <summary>The kernel whose behaviour is modelled. Default 6.18.</summary>
    public KernelVersion Kernel { get; init; } = new(6, 18);

    /// <summary>Physical memory in bytes, 1 MiB to 16 TiB.</summary>
    public ulong MemoryBytes { get; init; } = 4UL << 30;

    /// <summary>RAM of each NUMA node in bytes; empty: one node with all of <see cref="MemoryBytes"/>. CPUs are dealt to nodes in turn.</summary>
    public IReadOnlyList<ulong> NodeBytes { get; init; } = [];

    /// <summary>The zones, where they are known, in place of <see cref="MemoryBytes"/>; empty: laid out by the size. CPUs are dealt to nodes in turn.</summary>
    public IReadOnlyList<ZoneSpec> Zones { get; init; } = [];

    /// <summary>What the kernel image and early boot keep of the RAM, in bytes, besides the struct pages.</summary>
    public ulong KernelBytes { get; init; }

    /// <summary>The sysctls of watermarks and per-CPU lists.</summary>
    public PageAllocatorSysctls PageAllocator { get; init; } = new();

    /// <summary>Zones and free memory to begin with, in place of <see cref="MemoryBytes"/>; null: all memory is free. Such a machine starts with <see cref="BuddyAllocator.TakesUsedFrames"/> set.</summary>
    public MemorySnapshot? Memory { get; init; }

    /// <summary>Number of CPUs.</summary>
    public int Cpus { get; init; } = 2;

    /// <summary>Page-table format.</summary>
    public PageTableFormat Format { get; init; } = PageTableFormat.X86_64;

    /// <summary>Name of the CPU preset whose TLBs and costs are used: see CpuPreset.</summary>
    public string Cpu { get; init; } = "skylake";

    /// <summary>Overrides of the cost table, by name, in nanoseconds.</summary>
    public IReadOnlyDictionary<string, double> CostsNs { get; init; } = new SortedDictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Transparent huge pages.</summary>
    public ThpMode Thp { get; init; } = ThpMode.Madvise;

    /// <summary>kernel.randomize_va_space: 0 none, 1 mmap, stack and vdso, 2 also brk. 0 unless asked.</summary>
    public int RandomizeVaSpace { get; init; }

    /// <summary>Seed of everything random, ASLR first.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>vm.overcommit_memory: 0 heuristic, 1 always, 2 never.</summary>
    public int OvercommitMemory { get; init; }

    /// <summary>vm.overcommit_ratio, percent.</summary>
    public int OvercommitRatio { get; init; } = 50;

    /// <summary>vm.overcommit_kbytes; not 0 overrides the ratio.</summary>
    public ulong OvercommitKbytes { get; init; }

    /// <summary>vm.admin_reserve_kbytes.</summary>
    public ulong AdminReserveKbytes { get; init; } = 8192;

    /// <summary>vm.user_reserve_kbytes.</summary>
    public ulong UserReserveKbytes { get; init; } = 131072;

    /// <summary>vm.max_map_count.</summary>
    public int MaxMapCount { get; init; } = 65530;

    /// <summary>vm.mmap_min_addr, bytes. Hints, searches and stacks stay above CONFIG_LSM_MMAP_MIN_ADDR (65536) too.</summary>
    public ulong MmapMinAddr { get; init; } = 4096;

    /// <summary>stack_guard_gap, pages.</summary>
    public int StackGuardGapPages { get; init; } = 256;

    /// <summary>fault_around_bytes.</summary>
    public int FaultAroundBytes { get; init; } = 65536;

    /// <summary>read_ahead_kb of the block devices.</summary>
    public int ReadAheadKb { get; init; } = 128;

    /// <summary>The sysctls of dirty pages.</summary>
    public DirtySettings Dirty { get; init; } = new();

    /// <summary>The block devices: files lie on the first. Empty: one disk of which only the cost major_fault is known.</summary>
    public IReadOnlyList<BlockDeviceSpec> BlockDevices { get; init; } = [];

    /// <summary>vm.legacy_va_layout: always place bottom-up.</summary>
    public bool LegacyVaLayout { get; init; }

    /// <summary>Whether files are in the page cache from the start, so that their first touch is a minor fault.</summary>
    public bool WarmPageCache { get; init; } = true;

    /// <summary>Usable swap space in bytes: one area on the last block device, unless <see cref="SwapAreas"/> says more.</summary>
    public ulong SwapBytes { get; init; }

    /// <summary>The swap areas, in place of <see cref="SwapBytes"/>; the sizes of those that are on add up to it. At most 28.</summary>
    public IReadOnlyList<SwapAreaSpec> SwapAreas { get; init; } = [];

    /// <summary>zswap, off at first as in most distributions' kernels.</summary>
    public ZswapSettings Zswap { get; init; } = new();

    /// <summary>vm.vfs_cache_pressure, %: how much names and inodes without users are reclaimed beside pages; 0: not at all.</summary>
    public int VfsCachePressure { get; init; } = 100;

    /// <summary>vm.swappiness, 0 to 200: what reading a page back from swap costs beside reading a file's, 100 being the same.</summary>
    public int Swappiness { get; init; } = 60;

    /// <summary>/sys/kernel/mm/lru_gen/enabled: the multi-generational LRU in place of active and inactive lists. Off, as kernels without CONFIG_LRU_GEN_ENABLED begin.</summary>
    public LruGenCaps LruGen { get; init; }

    /// <summary>The sysctls of the OOM killer.</summary>
    public OomSettings Oom { get; init; } = new();

    /// <summary>vm.page-cluster: log2 of the pages that a read from swap brings at most.</summary>
    public int PageCluster { get; init; } = 3;

    /// <summary>/sys/kernel/mm/swap/vma_ra_enabled: whether reads from swap bring neighbours by address where no area lies on a disk that turns; else by slot.</summary>
    public bool HasVmaReadahead { get; init; } = true;

    /// <summary>Control groups with limits of their own; where programs start among them: MemCgroups.HomeOf.</summary>
    public IReadOnlyList<CgroupSpec> Cgroups { get; init; } = [];

    /// <summary>Limits of the first task, by resource; what is missing is unlimited but the stack (8 MiB) and memlock (8 MiB).</summary>
    public IReadOnlyDictionary<RlimitResource, Rlimit> Limits { get; init; } = new SortedDictionary<RlimitResource, Rlimit>
    {
        [RlimitResource.Stack] = new(8UL << 20, Rlimit.Infinity),
        [RlimitResource.MemLock] = new(8UL << 20, 8UL << 20),
    };

    /// <summary>User id of the first task.</summary>
    public uint Uid { get; init; }

    /// <summary>Whether uid 0 has CAP_IPC_LOCK (mlock beyond RLIMIT_MEMLOCK).</summary>
    public bool CapIpcLock { get; init; } = true;

    /// <summary>Whether uid 0 has CAP_SYS_RESOURCE (raising hard limits).</summary>
    public bool CapSysResource { get; init; } = true;

    /// <summary>Whether uid 0 has CAP_SYS_ADMIN (the admin reserve of overcommit).</summary>
    public bool CapSysAdmin { get; init; } = true;
}
