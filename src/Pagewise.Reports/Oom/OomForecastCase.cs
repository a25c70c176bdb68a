namespace Pagewise.Reports.Oom;

/// <summary>One run of a forecast.</summary>
/// <param name="If">What is changed; empty: nothing.</param>
/// <param name="Events">What happens, in order.</param>
public sealed record OomForecastCase(string If, IReadOnlyList<OomForecastStep> Events);
