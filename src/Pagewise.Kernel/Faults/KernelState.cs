using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Swap;

namespace Pagewise.Kernel.Faults;

/// <summary>The state that faults and page tables work on, owned by the machine.</summary>
/// <param name="Spaces">Areas and address spaces.</param>
/// <param name="Stacks">Growth of stacks.</param>
/// <param name="Inodes">Files.</param>
/// <param name="MemMap">Frames.</param>
/// <param name="Allocator">Who hands frames out.</param>
/// <param name="Memcgs">Memory cgroups.</param>
/// <param name="Lru">The LRU lists.</param>
/// <param name="Swap">Swap.</param>
/// <param name="Pages">The page cache.</param>
/// <param name="Stat">Counters.</param>
/// <param name="Clock">Counts of what takes time.</param>
/// <param name="Settings">The kernel's settings and release.</param>
/// <param name="Thp">Transparent huge pages.</param>
/// <param name="FaultAroundPages">Pages that a read fault on a file maps at once (fault_around_bytes / 4096), a power of two.</param>
/// <param name="Filemap">Reading of files.</param>
/// <param name="Reads">Reads of file pages under way.</param>
/// <param name="Writeback">Dirty pages of files.</param>
/// <param name="Events">What is due by the clock.</param>
internal sealed record KernelState(
    AddressSpaceArenas Spaces,
    StackExpansion Stacks,
    InodeTable Inodes,
    MemMap MemMap,
    BuddyAllocator Allocator,
    MemCgroups Memcgs,
    LruLists Lru,
    SwapSpace Swap,
    FilePages Pages,
    VmStat Stat,
    Clock Clock,
    VmSettings Settings,
    ThpMode Thp,
    uint FaultAroundPages,
    Filemap Filemap,
    PageReads Reads,
    Writeback Writeback,
    EventQueue Events);
