using Pagewise.Replay.Sweeping;

namespace Pagewise.Reports.Sweep;

/// <summary>What <c>pagewise sweep</c> saw. The JSON form is described in docs/json.md; a field is added under the same schema.</summary>
/// <param name="Recording">The recording as the user named it.</param>
/// <param name="Axes">The keys of the settings that varied.</param>
/// <param name="Outcomes">A row for each machine, in the order of the values.</param>
public sealed record SweepReport(string Recording, IReadOnlyList<string> Axes, IReadOnlyList<SweepOutcome> Outcomes)
{
    /// <summary>The schema's name and version.</summary>
    public const string SchemaName = "pagewise.sweep/1";

    /// <summary>The schema of this document.</summary>
    public string Schema { get; init; } = SchemaName;
}
