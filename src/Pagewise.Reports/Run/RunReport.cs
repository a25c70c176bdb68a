using System.Text.Json.Serialization;
using Pagewise.Reports.Oom;
using Pagewise.Reports.Series;

namespace Pagewise.Reports.Run;

/// <summary>
/// What <c>pagewise run</c> saw: the same facts for the terminal and for <c>--json</c>. The JSON form is described in
/// docs/json.md; a field is added under the same schema, a field that changes its meaning makes a new one.
/// </summary>
public sealed record RunReport
{
    /// <summary>The schema's name and version.</summary>
    public const string SchemaName = "pagewise.run/1";

    /// <summary>The schema of this document.</summary>
    public string Schema { get; init; } = SchemaName;

    /// <summary>What was replayed.</summary>
    public required RecordingFacts Recording { get; init; }

    /// <summary>On what.</summary>
    public required MachineFacts Machine { get; init; }

    /// <summary>Each address space that ended, or still lived at the end, in that order.</summary>
    public required IReadOnlyList<ProcessFacts> Processes { get; init; }

    /// <summary>The memory cgroups, as the last address space was about to end; null: there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CgroupFacts>? Cgroups { get; init; }

    /// <summary>Each time the model ran out of memory: who was killed, and why; null: it never did.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<OomAnswer>? OomKills { get; init; }

    /// <summary>Memory over time; null unless asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MemorySeries? MemorySeries { get; init; }
}
