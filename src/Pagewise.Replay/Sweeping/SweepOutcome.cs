using Pagewise.Kernel;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Replay.Sweeping;

/// <summary>What a recording came to on one machine of a sweep: vmstat's counters of the whole run, and virtual time.</summary>
public sealed record SweepOutcome
{
    /// <summary>The values of the axes, in their order.</summary>
    public required IReadOnlyList<string> Values { get; init; }

    /// <summary>Faults, major ones included (pgfault).</summary>
    public long Faults { get; init; }

    /// <summary>Major faults (pgmajfault).</summary>
    public long MajorFaults { get; init; }

    /// <summary>Evicted pages of files that came back (workingset_refault_file).</summary>
    public long RefaultFile { get; init; }

    /// <summary>Evicted anonymous pages that came back (workingset_refault_anon).</summary>
    public long RefaultAnon { get; init; }

    /// <summary>Pages written to swap (pswpout).</summary>
    public long SwapOut { get; init; }

    /// <summary>Pages read from swap (pswpin).</summary>
    public long SwapIn { get; init; }

    /// <summary>Pages that kswapd looked at (pgscan_kswapd).</summary>
    public long ScanKswapd { get; init; }

    /// <summary>Pages that allocating tasks looked at (pgscan_direct).</summary>
    public long ScanDirect { get; init; }

    /// <summary>Direct reclaims (allocstall).</summary>
    public long AllocStall { get; init; }

    /// <summary>Time stalled for memory, nanoseconds (/proc/pressure/memory, some).</summary>
    public double MemoryStallNs { get; init; }

    /// <summary>Time waiting for devices, nanoseconds (/proc/pressure/io, some).</summary>
    public double IoStallNs { get; init; }

    /// <summary>Virtual time of the run, nanoseconds.</summary>
    public double TimeNs { get; init; }

    /// <summary>Accesses that got a signal which the recording does not show: there was not enough memory.</summary>
    public long UnexpectedSignals { get; init; }

    /// <summary>The figures of a replay that has ended.</summary>
    internal static SweepOutcome Of(Replayer replayer, IReadOnlyList<string> values)
    {
        Machine machine = replayer.Machine;
        VmStat stat = machine.VmStat;
        PsiGroup psi = machine.Events.Psi;
        psi.Update();
        return new SweepOutcome
        {
            Values = values,
            Faults = stat.PgFault,
            MajorFaults = stat.PgMajFault,
            RefaultFile = stat.WorkingsetRefaultFile,
            RefaultAnon = stat.WorkingsetRefaultAnon,
            SwapOut = stat.PswpOut,
            SwapIn = stat.PswpIn,
            ScanKswapd = stat.PgScanKswapd,
            ScanDirect = stat.PgScanDirect,
            AllocStall = stat.AllocStalls,
            MemoryStallNs = psi.MemorySome.TotalNs,
            IoStallNs = psi.IoSome.TotalNs,
            TimeNs = machine.NowNs,
            UnexpectedSignals = replayer.UnexpectedSignals,
        };
    }
}
