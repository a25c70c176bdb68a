using Pagewise.Replay.Oom;

namespace Pagewise.Reports.Oom;

/// <summary>What <c>pagewise oom --find-limit</c> found. The JSON form is described in docs/json.md; a field is added under the same schema.</summary>
/// <param name="Recording">The recording as the user named it.</param>
/// <param name="Unlimited">The program without a limit.</param>
/// <param name="Thresholds">Where it first reclaims, refaults, dies, in this order.</param>
public sealed record LimitReport(string Recording, LimitTrial Unlimited, IReadOnlyList<LimitThreshold> Thresholds)
{
    /// <summary>The schema's name and version.</summary>
    public const string SchemaName = "pagewise.limit/1";

    /// <summary>The schema of this document.</summary>
    public string Schema { get; init; } = SchemaName;
}
