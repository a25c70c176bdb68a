namespace Pagewise.Reports.Exports;

/// <summary>A counter over time.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Unit"><c>bytes</c> or <c>count</c>.</param>
/// <param name="Points">Its values with their moments, virtual nanoseconds.</param>
internal sealed record TimelineCounter(string Name, string Unit, IReadOnlyList<(long TimeNs, long Value)> Points);
