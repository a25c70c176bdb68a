namespace Pagewise.Reports.Oom;

/// <summary>What becomes of a host whose processes grow: the same facts for the terminal and for <c>--json</c> (docs/json.md).</summary>
/// <param name="Schema">The schema's name and version.</param>
/// <param name="Source">What was looked at.</param>
/// <param name="Answer">The answer in one sentence.</param>
/// <param name="Growth">Who grows how fast.</param>
/// <param name="HorizonSeconds">How far it was looked ahead.</param>
/// <param name="Cases">What happens as things are, then with each change that was asked for.</param>
/// <param name="Notes">What is assumed or missing, a sentence each.</param>
public sealed record OomForecastReport(
    string Schema, string Source, string Answer, IReadOnlyList<OomForecastGrowth> Growth, double HorizonSeconds, IReadOnlyList<OomForecastCase> Cases, IReadOnlyList<string> Notes)
{
    /// <summary>The schema's name and version.</summary>
    public const string SchemaName = "pagewise.oom-forecast/1";
}
