namespace Pagewise.Kernel.Hardware;

/// <summary>
/// What things cost, in nanoseconds of virtual time. A machine file overrides entries by name (snake case, as in
/// <see cref="Names"/>). Time is a sum of counts times these costs, so it is as deterministic as the counts.
/// </summary>
public sealed record CostTable
{
    /// <summary>The names, in the order they are listed.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "l1_tlb_hit", "l2_tlb_hit", "walk_l1", "walk_l2", "walk_llc", "walk_memory", "invlpg", "tlb_flush", "shootdown",
        "context_switch", "minor_fault", "huge_fault", "major_fault", "segv", "zero_page", "copy_page", "syscall", "per_page_syscall", "kswapd_turn", "scan_pass", "direct_pass", "cold_pass", "cold_swap", "scan_isolate", "scan_page", "unmap_page", "reclaim_page", "age_page", "swap_page", "compress_page", "decompress_page",
        "transfer_page", "cache_page", "writeback_page", "block_request", "idle_exit",
    ];

    /// <summary>l1_tlb_hit: added to an access that hits the first-level TLB. The look-up is pipelined with the cache's: 0.</summary>
    public double L1TlbHit { get; init; }

    /// <summary>l2_tlb_hit: added when the second level has it.</summary>
    public double L2TlbHit { get; init; }

    /// <summary>walk_l1: one entry read by a walk from the first-level cache.</summary>
    public double WalkL1 { get; init; }

    /// <summary>walk_l2: one entry read from the second-level cache.</summary>
    public double WalkL2 { get; init; }

    /// <summary>walk_llc: one entry read from the last-level cache.</summary>
    public double WalkLlc { get; init; }

    /// <summary>walk_memory: one entry read from memory.</summary>
    public double WalkMemory { get; init; }

    /// <summary>invlpg: one page's translations dropped.</summary>
    public double Invlpg { get; init; }

    /// <summary>tlb_flush: an address space's translations dropped.</summary>
    public double TlbFlush { get; init; }

    /// <summary>shootdown: an interrupt sent to another CPU and answered.</summary>
    public double Shootdown { get; init; }

    /// <summary>context_switch: a switch to another address space.</summary>
    public double ContextSwitch { get; init; }

    /// <summary>minor_fault: exception, find_vma, entry made; without clearing or copying.</summary>
    public double MinorFault { get; init; }

    /// <summary>huge_fault: the same for a 2 MiB page.</summary>
    public double HugeFault { get; init; }

    /// <summary>major_fault: reading the page from its device.</summary>
    public double MajorFault { get; init; }

    /// <summary>segv: an invalid access up to the delivery of the signal.</summary>
    public double Segv { get; init; }

    /// <summary>zero_page: clearing 4 KiB.</summary>
    public double ZeroPage { get; init; }

    /// <summary>copy_page: copying 4 KiB.</summary>
    public double CopyPage { get; init; }

    /// <summary>syscall: entering and leaving the kernel.</summary>
    public double Syscall { get; init; }

    /// <summary>per_page_syscall: a system call's work on one present entry (zap, protect, copy, move).</summary>
    public double PerPageSyscall { get; init; }

    /// <summary>kswapd_turn: kswapd gets the CPU: the switch, and that caches hold what was used by who had it.</summary>
    public double KswapdTurn { get; init; }

    /// <summary>scan_pass: reclaim goes over a node once: counts its lists, asks its shrinkers. It may find nothing.</summary>
    public double ScanPass { get; init; }

    /// <summary>direct_pass: what such a pass takes more where a task does it, not kswapd.</summary>
    public double DirectPass { get; init; }

    /// <summary>cold_pass: what the first pass of all takes more, for its code has not run yet (an emulator translates it then). Not with lru_gen, whose first walk of the page tables has it.</summary>
    public double ColdPass { get; init; }

    /// <summary>cold_swap: what the first transfer of swap takes more.</summary>
    public double ColdSwap { get; init; }

    /// <summary>scan_isolate: such a pass takes pages off inactive lists: drains batches, locks lists, puts back. Once a pass.</summary>
    public double ScanIsolate { get; init; }

    /// <summary>scan_page: reclaim looks at one page: isolates it, asks its entries, keeps it.</summary>
    public double ScanPage { get; init; }

    /// <summary>unmap_page: reclaim takes one page out of the page tables that map it.</summary>
    public double UnmapPage { get; init; }

    /// <summary>reclaim_page: reclaim frees one page: takes it out of its cache, leaves a shadow, gives the frame back.</summary>
    public double ReclaimPage { get; init; }

    /// <summary>age_page: aging of the multi-generational LRU finds that a page was used, and makes it young.</summary>
    public double AgePage { get; init; }

    /// <summary>swap_page: one page is copied or handed to a swap device; without the device's time.</summary>
    public double SwapPage { get; init; }

    /// <summary>compress_page: a page is written to zram or zswap.</summary>
    public double CompressPage { get; init; }

    /// <summary>decompress_page: a page is read from zram or zswap.</summary>
    public double DecompressPage { get; init; }

    /// <summary>transfer_page: read or write finds one page of a file in the page cache and copies up to 4 KiB.</summary>
    public double TransferPage { get; init; }

    /// <summary>cache_page: one page of a file gets a frame and its place in the page cache; without the device's time.</summary>
    public double CachePage { get; init; }

    /// <summary>writeback_page: one dirty page of a file is handed to its device; without the device's time.</summary>
    public double WritebackPage { get; init; }

    /// <summary>block_request: one request is handed to a block device and its end is noted; without the device's time.</summary>
    public double BlockRequest { get; init; }

    /// <summary>idle_exit: from an event that wakes an idle CPU until it goes on.</summary>
    public double IdleExit { get; init; }

    /// <summary>One cost by name.</summary>
    /// <exception cref="ArgumentException">No cost has the name.</exception>
    public double this[string name] => name switch
    {
        "l1_tlb_hit" => L1TlbHit,
        "l2_tlb_hit" => L2TlbHit,
        "walk_l1" => WalkL1,
        "walk_l2" => WalkL2,
        "walk_llc" => WalkLlc,
        "walk_memory" => WalkMemory,
        "invlpg" => Invlpg,
        "tlb_flush" => TlbFlush,
        "shootdown" => Shootdown,
        "context_switch" => ContextSwitch,
        "minor_fault" => MinorFault,
        "huge_fault" => HugeFault,
        "major_fault" => MajorFault,
        "segv" => Segv,
        "zero_page" => ZeroPage,
        "copy_page" => CopyPage,
        "syscall" => Syscall,
        "per_page_syscall" => PerPageSyscall,
        "kswapd_turn" => KswapdTurn,
        "scan_pass" => ScanPass,
        "direct_pass" => DirectPass,
        "cold_pass" => ColdPass,
        "cold_swap" => ColdSwap,
        "scan_isolate" => ScanIsolate,
        "scan_page" => ScanPage,
        "unmap_page" => UnmapPage,
        "reclaim_page" => ReclaimPage,
        "age_page" => AgePage,
        "swap_page" => SwapPage,
        "compress_page" => CompressPage,
        "decompress_page" => DecompressPage,
        "transfer_page" => TransferPage,
        "cache_page" => CachePage,
        "writeback_page" => WritebackPage,
        "block_request" => BlockRequest,
        "idle_exit" => IdleExit,
        _ => throw Unknown(name),
    };

    /// <summary>A table with one cost changed.</summary>
    /// <exception cref="ArgumentException">No cost has the name, or the value is negative or not a number.</exception>
    public CostTable With(string name, double nanoseconds)
    {
        if (!(nanoseconds >= 0 && nanoseconds <= 1e12))
            throw new ArgumentException($"cost {name}: {nanoseconds} is not a number of nanoseconds from 0 to 1e12", nameof(nanoseconds));
        return name switch
        {
            "l1_tlb_hit" => this with { L1TlbHit = nanoseconds },
            "l2_tlb_hit" => this with { L2TlbHit = nanoseconds },
            "walk_l1" => this with { WalkL1 = nanoseconds },
            "walk_l2" => this with { WalkL2 = nanoseconds },
            "walk_llc" => this with { WalkLlc = nanoseconds },
            "walk_memory" => this with { WalkMemory = nanoseconds },
            "invlpg" => this with { Invlpg = nanoseconds },
            "tlb_flush" => this with { TlbFlush = nanoseconds },
            "shootdown" => this with { Shootdown = nanoseconds },
            "context_switch" => this with { ContextSwitch = nanoseconds },
            "minor_fault" => this with { MinorFault = nanoseconds },
            "huge_fault" => this with { HugeFault = nanoseconds },
            "major_fault" => this with { MajorFault = nanoseconds },
            "segv" => this with { Segv = nanoseconds },
            "zero_page" => this with { ZeroPage = nanoseconds },
            "copy_page" => this with { CopyPage = nanoseconds },
            "syscall" => this with { Syscall = nanoseconds },
            "per_page_syscall" => this with { PerPageSyscall = nanoseconds },
            "kswapd_turn" => this with { KswapdTurn = nanoseconds },
            "scan_pass" => this with { ScanPass = nanoseconds },
            "direct_pass" => this with { DirectPass = nanoseconds },
            "cold_pass" => this with { ColdPass = nanoseconds },
            "cold_swap" => this with { ColdSwap = nanoseconds },
            "scan_isolate" => this with { ScanIsolate = nanoseconds },
            "scan_page" => this with { ScanPage = nanoseconds },
            "unmap_page" => this with { UnmapPage = nanoseconds },
            "reclaim_page" => this with { ReclaimPage = nanoseconds },
            "age_page" => this with { AgePage = nanoseconds },
            "swap_page" => this with { SwapPage = nanoseconds },
            "compress_page" => this with { CompressPage = nanoseconds },
            "decompress_page" => this with { DecompressPage = nanoseconds },
            "transfer_page" => this with { TransferPage = nanoseconds },
            "cache_page" => this with { CachePage = nanoseconds },
            "writeback_page" => this with { WritebackPage = nanoseconds },
            "block_request" => this with { BlockRequest = nanoseconds },
            "idle_exit" => this with { IdleExit = nanoseconds },
            _ => throw Unknown(name),
        };
    }

    private static ArgumentException Unknown(string name) =>
        new($"no cost is called '{name}'; the names are {string.Join(", ", Names)}", nameof(name));
}
