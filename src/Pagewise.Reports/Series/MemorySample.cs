namespace Pagewise.Reports.Series;

/// <summary>A machine's memory at a moment of virtual time. Amounts are pages of 4 KiB; counters count from the start.</summary>
public sealed record MemorySample
{
    /// <summary>The moment, virtual nanoseconds.</summary>
    public double TimeNs { get; init; }

    /// <summary>Free pages of all zones.</summary>
    public long Free { get; init; }

    /// <summary>Pages on the inactive anonymous lists.</summary>
    public long InactiveAnon { get; init; }

    /// <summary>Pages on the active anonymous lists.</summary>
    public long ActiveAnon { get; init; }

    /// <summary>Pages on the inactive file lists.</summary>
    public long InactiveFile { get; init; }

    /// <summary>Pages on the active file lists.</summary>
    public long ActiveFile { get; init; }

    /// <summary>Unevictable pages.</summary>
    public long Unevictable { get; init; }

    /// <summary>Swap slots in use.</summary>
    public long SwapUsed { get; init; }

    /// <summary>Dirty pages of files.</summary>
    public long Dirty { get; init; }

    /// <summary>Pages being written to files and swap.</summary>
    public long Writeback { get; init; }

    /// <summary>Faults so far (pgfault).</summary>
    public long Faults { get; init; }

    /// <summary>Major faults so far (pgmajfault).</summary>
    public long MajorFaults { get; init; }

    /// <summary>Evicted pages that came back so far (workingset_refault_anon and _file).</summary>
    public long Refaults { get; init; }

    /// <summary>Times kswapd set about balancing so far (pageoutrun).</summary>
    public long KswapdRuns { get; init; }

    /// <summary>Pages that kswapd looked at so far (pgscan_kswapd).</summary>
    public long ScanKswapd { get; init; }

    /// <summary>Pages that allocating tasks looked at so far (pgscan_direct).</summary>
    public long ScanDirect { get; init; }
}
