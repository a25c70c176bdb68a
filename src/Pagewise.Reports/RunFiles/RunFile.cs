using Pagewise.Reports.Locality;

namespace Pagewise.Reports.RunFiles;

/// <summary>What a run file holds, table by table, in the order of its rows (docs/run-file.md).</summary>
public sealed record RunFile
{
    /// <summary>Facts by name (table meta).</summary>
    public required IReadOnlyDictionary<string, string> Meta { get; init; }

    /// <summary>Texts by name (table document).</summary>
    public required IReadOnlyDictionary<string, string> Documents { get; init; }

    /// <summary>Memory over time.</summary>
    public IReadOnlyList<RunSample> Samples { get; init; } = [];

    /// <summary>Zones and their marks.</summary>
    public IReadOnlyList<RunWatermark> Watermarks { get; init; } = [];

    /// <summary>Processes.</summary>
    public IReadOnlyList<RunProcess> Processes { get; init; } = [];

    /// <summary>Faults, one of so many.</summary>
    public IReadOnlyList<RunFault> Faults { get; init; } = [];

    /// <summary>All faults by place.</summary>
    public IReadOnlyList<RunFaultSite> FaultSites { get; init; } = [];

    /// <summary>Accesses by region and time.</summary>
    public IReadOnlyList<RunHeat> Heat { get; init; } = [];

    /// <summary>Tracepoints.</summary>
    public IReadOnlyList<RunTraceEvent> TraceEvents { get; init; } = [];

    /// <summary>Kills.</summary>
    public IReadOnlyList<RunKill> Kills { get; init; } = [];

    /// <summary>What the OOM killer weighed.</summary>
    public IReadOnlyList<RunScore> Scores { get; init; } = [];

    /// <summary>Snapshots.</summary>
    public IReadOnlyList<RunSnapshot> Snapshots { get; init; } = [];

    /// <summary>Areas in them.</summary>
    public IReadOnlyList<RunSnapshotVma> SnapshotVmas { get; init; } = [];

    /// <summary>Free blocks in them.</summary>
    public IReadOnlyList<RunSnapshotFree> SnapshotFree { get; init; } = [];

    /// <summary>Misses by memory size.</summary>
    public IReadOnlyList<MissRatioPoint> MissRatios { get; init; } = [];

    /// <summary>Working sets.</summary>
    public IReadOnlyList<WorkingSet> WorkingSets { get; init; } = [];
}
