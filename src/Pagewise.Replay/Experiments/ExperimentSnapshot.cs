using Pagewise.Procfs;

namespace Pagewise.Replay.Experiments;

/// <summary>The machine at a <c># snapshot</c> of an experiment.</summary>
/// <param name="Tag">The snapshot's name.</param>
/// <param name="Counters">/proc/vmstat.</param>
/// <param name="FreePlusPcp">Free pages, those in per-CPU lists included.</param>
/// <param name="Touches">Pages touched in the window of faults.rle so far.</param>
internal sealed record ExperimentSnapshot(string Tag, Vmstat Counters, long FreePlusPcp, int Touches)
{
    /// <summary>A letter a page of the area, as in pagestates; empty: there is none.</summary>
    public string States { get; init; } = "";

    /// <summary>The pages of each worker's areas by the worker's name and the area's letter, or of a program with two areas by hot and cold, as in <see cref="States"/>.</summary>
    public IReadOnlyDictionary<string, string> AreaStates { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The values in the files of all cgroups, as expect.tsv names them: <c>cgroup.PATH.FILE.KEY</c>.</summary>
    public IReadOnlyDictionary<string, string> Cgroups { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Dirty pages of the file system's inode table.</summary>
    public long TableDirty { get; init; }

    /// <summary>Pages of it that became dirty so far.</summary>
    public long TableDirtied { get; init; }

    /// <summary>Pages of it that were written so far.</summary>
    public long TableWritten => TableDirtied - TableDirty;

    /// <summary>The node of each page of the area, -1 where none is resident.</summary>
    public IReadOnlyList<int> Nodes { get; init; } = [];

    /// <summary>Pages of each quarter of the area that hold what was stored in them.</summary>
    public IReadOnlyList<int> Kept { get; init; } = [];
}
