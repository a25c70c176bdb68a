namespace Pagewise.Reports.Run;

/// <summary>An address space at its end.</summary>
public sealed record ProcessFacts
{
    /// <summary>Process id, as the recording numbers it.</summary>
    public int Pid { get; init; }

    /// <summary>The task's name.</summary>
    public required string Comm { get; init; }

    /// <summary>The program's path, as far as recorded.</summary>
    public required string Program { get; init; }

    /// <summary>start_brk.</summary>
    public ulong StartBrk { get; init; }

    /// <summary>brk.</summary>
    public ulong Brk { get; init; }

    /// <summary>Virtual size.</summary>
    public ulong SizeBytes { get; init; }

    /// <summary>High-water mark of the virtual size.</summary>
    public ulong PeakSizeBytes { get; init; }

    /// <summary>Resident set.</summary>
    public ulong ResidentBytes { get; init; }

    /// <summary>High-water mark of the resident set.</summary>
    public ulong PeakResidentBytes { get; init; }

    /// <summary>The parts of the address space, lowest first.</summary>
    public IReadOnlyList<SegmentFacts> Segments { get; init; } = [];

    /// <summary>Page faults.</summary>
    public required FaultFacts Faults { get; init; }

    /// <summary>System calls by name.</summary>
    public IReadOnlyList<CallFacts> SystemCalls { get; init; } = [];

    /// <summary>The page-table tree.</summary>
    public required PageTableFacts PageTables { get; init; }

    /// <summary>Translations of its accesses.</summary>
    public required TranslationFacts Translation { get; init; }
}
