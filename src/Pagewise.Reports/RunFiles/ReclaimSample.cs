using Pagewise.Kernel;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Reports.RunFiles;

/// <summary>What reclaim has done up to a moment, and what it cost. Amounts are pages of 4 KiB, counted from the start.</summary>
public sealed record ReclaimSample
{
    /// <summary>Pages that kswapd reclaimed (pgsteal_kswapd).</summary>
    public long StealKswapd { get; init; }

    /// <summary>Pages that allocating tasks reclaimed (pgsteal_direct).</summary>
    public long StealDirect { get; init; }

    /// <summary>Pages moved to an active list (pgactivate).</summary>
    public long Activate { get; init; }

    /// <summary>Pages moved off an active list (pgdeactivate).</summary>
    public long Deactivate { get; init; }

    /// <summary>Pages looked at on active lists (pgrefill).</summary>
    public long Refill { get; init; }

    /// <summary>Pages moved to the old end of their list (pgrotated).</summary>
    public long Rotated { get; init; }

    /// <summary>Direct reclaims (allocstall of all zones).</summary>
    public long AllocStalls { get; init; }

    /// <summary>Pages read from swap (pswpin).</summary>
    public long PswpIn { get; init; }

    /// <summary>Pages written to swap (pswpout).</summary>
    public long PswpOut { get; init; }

    /// <summary>Virtual nanoseconds in which somebody stalled for memory.</summary>
    public long MemorySomeNs { get; init; }

    /// <summary>Virtual nanoseconds in which nobody went on, for want of memory.</summary>
    public long MemoryFullNs { get; init; }

    /// <summary>Virtual nanoseconds in which somebody waited for a device.</summary>
    public long IoSomeNs { get; init; }

    /// <summary>Anonymous pages mapped (nr_anon_pages).</summary>
    public long AnonPages { get; init; }

    /// <summary>Pages of the page cache, shared memory included (nr_file_pages).</summary>
    public long FilePages { get; init; }

    /// <summary>Shared-memory pages (nr_shmem).</summary>
    public long Shmem { get; init; }

    /// <summary>Pages of slabs.</summary>
    public long Slab { get; init; }

    /// <summary>Frames in use as page tables.</summary>
    public long PageTables { get; init; }

    /// <summary>KiB of kernel stacks (nr_kernel_stack).</summary>
    public long KernelStackKib { get; init; }

    /// <summary>A machine as it stands.</summary>
    internal static ReclaimSample Of(Machine machine)
    {
        VmStat stat = machine.VmStat;
        PsiGroup psi = machine.Events.Psi;
        return new ReclaimSample
        {
            StealKswapd = stat.PgStealKswapd,
            StealDirect = stat.PgStealDirect,
            Activate = stat.PgActivate,
            Deactivate = stat.PgDeactivate,
            Refill = stat.PgRefill,
            Rotated = stat.PgRotated,
            AllocStalls = stat.AllocStalls,
            PswpIn = stat.PswpIn,
            PswpOut = stat.PswpOut,
            MemorySomeNs = (long)psi.MemorySome.TotalNs,
            MemoryFullNs = (long)psi.MemoryFull.TotalNs,
            IoSomeNs = (long)psi.IoSome.TotalNs,
            AnonPages = stat.NrAnonPages,
            FilePages = stat.NrFilePages,
            Shmem = stat.NrShmem,
            Slab = stat.NrSlabReclaimable + stat.NrSlabUnreclaimable,
            PageTables = stat.PageTableFrames,
            KernelStackKib = stat.NrKernelStack,
        };
    }
}
