namespace Pagewise.Reports.Run;

/// <summary>How addresses were translated.</summary>
public sealed record TranslationFacts
{
    /// <summary>Accesses translated.</summary>
    public long Accesses { get; init; }

    /// <summary>Loads and stores that hit the first-level data TLB.</summary>
    public long L1DataHits { get; init; }

    /// <summary>Fetches that hit the first-level instruction TLB.</summary>
    public long L1InstructionHits { get; init; }

    /// <summary>Accesses that missed the first level and hit the second.</summary>
    public long L2Hits { get; init; }

    /// <summary>Accesses that missed every level and were walked.</summary>
    public long Walks { get; init; }

    /// <summary>Walks that ended in a page fault.</summary>
    public long FaultingWalks { get; init; }

    /// <summary>Walks that a page-walk cache shortened.</summary>
    public long WalkCacheHits { get; init; }

    /// <summary>Page-table entries that walks read.</summary>
    public long EntriesRead { get; init; }

    /// <summary>Single translations dropped (INVLPG).</summary>
    public long InvalidatedPages { get; init; }

    /// <summary>Flushes of an address space or of everything.</summary>
    public long Flushes { get; init; }

    /// <summary>Flushes asked of other CPUs.</summary>
    public long Shootdowns { get; init; }

    /// <summary>Virtual time of translation, faults not included.</summary>
    public double TimeNs { get; init; }

    /// <summary>Average translation latency of an access, nanoseconds; 0 without accesses.</summary>
    public double AverageNs => Accesses == 0 ? 0 : TimeNs / Accesses;
}
