using Pagewise.Abi;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.AddressSpaces;

/// <summary>What the virtual side of the kernel reads of the machine: its vm.* and kernel.* sysctls, release and size.</summary>
public sealed record VmSettings
{
    /// <summary>The kernel release.</summary>
    public required KernelVersion Kernel { get; init; }

    /// <summary>What that release does differently from others.</summary>
    public MmFeatures Features => field ??= new MmFeatures(Kernel);

    /// <summary>Page-table format: decides the size of user space.</summary>
    public PageTableFormat Format { get; init; } = PageTableFormat.X86_64;

    /// <summary>totalram_pages(): pages of memory that the allocator manages.</summary>
    public required ulong TotalRamPages { get; init; }

    /// <summary>total_swap_pages: moved by swapon and swapoff.</summary>
    public ulong TotalSwapPages { get; internal set; }

    /// <summary>vm.overcommit_memory: 0 heuristic, 1 always, 2 never. May be written while the machine runs.</summary>
    public int OvercommitMemory { get; set; }

    /// <summary>vm.overcommit_ratio, percent. May be written while the machine runs.</summary>
    public int OvercommitRatio { get; set; } = 50;

    /// <summary>vm.overcommit_kbytes; not 0 overrides the ratio.</summary>
    public ulong OvercommitKbytes { get; init; }

    /// <summary>CommitLimit of /proc/meminfo, in pages (vm_commit_limit).</summary>
    public ulong CommitLimitPages => (OvercommitKbytes != 0
        ? OvercommitKbytes >> 2
        : (ulong)((UInt128)TotalRamPages * (uint)OvercommitRatio / 100)) + TotalSwapPages;

    /// <summary>vm.admin_reserve_kbytes.</summary>
    public ulong AdminReserveKbytes { get; init; } = 8192;

    /// <summary>vm.user_reserve_kbytes.</summary>
    public ulong UserReserveKbytes { get; init; } = 131072;

    /// <summary>vm.max_map_count.</summary>
    public int MaxMapCount { get; init; } = 65530;

    /// <summary>vm.mmap_min_addr, bytes: below it CAP_SYS_RAWIO is needed (dac_mmap_min_addr).</summary>
    public ulong MmapMinAddr { get; init; } = 4096;

    /// <summary>CONFIG_LSM_MMAP_MIN_ADDR, bytes: with vm.mmap_min_addr the bound of hints, searches and stacks.</summary>
    public ulong LsmMmapMinAddr { get; init; } = 65536;

    /// <summary>The kernel's mmap_min_addr: the larger of the two.</summary>
    public ulong LowestPlacement => Math.Max(MmapMinAddr, LsmMmapMinAddr);

    /// <summary>stack_guard_gap, pages.</summary>
    public int StackGuardGapPages { get; init; } = 256;

    /// <summary>vm.legacy_va_layout.</summary>
    public bool LegacyVaLayout { get; init; }

    /// <summary>kernel.randomize_va_space: 0 none, 1 mmap, stack and vdso, 2 also brk.</summary>
    public int RandomizeVaSpace { get; init; }

    /// <summary>Seed of ASLR.</summary>
    public ulong Seed { get; init; } = 1;
}
