namespace Pagewise.Reports.Run;

/// <summary>Page faults of an address space. Minor and major are the process's; the others tell what resolved them.</summary>
public sealed record FaultFacts
{
    /// <summary>Minor faults (min_flt).</summary>
    public long Minor { get; init; }

    /// <summary>Major faults (maj_flt).</summary>
    public long Major { get; init; }

    /// <summary>New zeroed pages.</summary>
    public long Anonymous { get; init; }

    /// <summary>The shared zero page.</summary>
    public long ZeroPage { get; init; }

    /// <summary>2 MiB pages.</summary>
    public long Huge { get; init; }

    /// <summary>Page-cache pages.</summary>
    public long File { get; init; }

    /// <summary>Pages that fault-around mapped beside the faulting one.</summary>
    public long FaultAroundPages { get; init; }

    /// <summary>Private copies.</summary>
    public long CopyOnWrite { get; init; }

    /// <summary>Write-protected pages made writable without a copy.</summary>
    public long WriteReuse { get; init; }

    /// <summary>Pages read back from swap.</summary>
    public long SwapIn { get; init; }

    /// <summary>Nothing to do.</summary>
    public long Spurious { get; init; }

    /// <summary>Stack areas grown.</summary>
    public long StackGrowth { get; init; }

    /// <summary>SIGSEGV, nothing mapped there.</summary>
    public long SegvMapErr { get; init; }

    /// <summary>SIGSEGV, the mapping forbids it.</summary>
    public long SegvAccErr { get; init; }

    /// <summary>SIGBUS, beyond the end of a file.</summary>
    public long Bus { get; init; }
}
