using Pagewise.Kernel;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Reports.Run;

/// <summary>What it cost that memory was short: vmstat's counters of the whole run, and pressure stall information.</summary>
public sealed record PressureFacts
{
    /// <summary>Evicted pages of files that came back (workingset_refault_file).</summary>
    public long RefaultFile { get; init; }

    /// <summary>Evicted anonymous pages that came back (workingset_refault_anon).</summary>
    public long RefaultAnon { get; init; }

    /// <summary>Refaults whose page was made active at once (workingset_activate_anon and _file).</summary>
    public long Activate { get; init; }

    /// <summary>Pages that kswapd looked at (pgscan_kswapd).</summary>
    public long ScanKswapd { get; init; }

    /// <summary>Pages that allocating tasks looked at (pgscan_direct).</summary>
    public long ScanDirect { get; init; }

    /// <summary>Pages that kswapd reclaimed (pgsteal_kswapd).</summary>
    public long StealKswapd { get; init; }

    /// <summary>Pages that allocating tasks reclaimed (pgsteal_direct).</summary>
    public long StealDirect { get; init; }

    /// <summary>Times kswapd set about balancing its node (pageoutrun).</summary>
    public long KswapdRuns { get; init; }

    /// <summary>Direct reclaims of all zones (allocstall).</summary>
    public long AllocStall { get; init; }

    /// <summary>Pages written to swap (pswpout).</summary>
    public long SwapOut { get; init; }

    /// <summary>Pages read from swap (pswpin).</summary>
    public long SwapIn { get; init; }

    /// <summary>Bytes of swap in use, before the last program ended.</summary>
    public ulong SwapUsedBytes { get; init; }

    /// <summary>Time in which somebody stalled for memory, nanoseconds (/proc/pressure/memory, some).</summary>
    public double MemorySomeNs { get; init; }

    /// <summary>Time in which nobody could go on for want of memory (full).</summary>
    public double MemoryFullNs { get; init; }

    /// <summary>Time in which somebody waited for a device (/proc/pressure/io, some).</summary>
    public double IoSomeNs { get; init; }

    /// <summary>Time in which everybody did (full).</summary>
    public double IoFullNs { get; init; }

    /// <summary>Whether memory was ever short.</summary>
    internal bool IsAny => ScanKswapd + ScanDirect + SwapOut + SwapIn + RefaultFile + RefaultAnon + KswapdRuns + AllocStall != 0;

    /// <summary>A machine's figures now.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="swapUsedBytes">Swap in use, as it was when the last program still ran.</param>
    internal static PressureFacts Of(Machine machine, ulong swapUsedBytes)
    {
        VmStat stat = machine.VmStat;
        PsiGroup psi = machine.Events.Psi;
        psi.Update();
        return new PressureFacts
        {
            RefaultFile = stat.WorkingsetRefaultFile,
            RefaultAnon = stat.WorkingsetRefaultAnon,
            Activate = stat.WorkingsetActivateAnon + stat.WorkingsetActivateFile,
            ScanKswapd = stat.PgScanKswapd,
            ScanDirect = stat.PgScanDirect,
            StealKswapd = stat.PgStealKswapd,
            StealDirect = stat.PgStealDirect,
            KswapdRuns = stat.PageOutRun,
            AllocStall = stat.AllocStalls,
            SwapOut = stat.PswpOut,
            SwapIn = stat.PswpIn,
            SwapUsedBytes = swapUsedBytes,
            MemorySomeNs = psi.MemorySome.TotalNs,
            MemoryFullNs = psi.MemoryFull.TotalNs,
            IoSomeNs = psi.IoSome.TotalNs,
            IoFullNs = psi.IoFull.TotalNs,
        };
    }
}
