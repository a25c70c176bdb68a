namespace Pagewise.Reports.Exports;

/// <summary>A moment at which something happened.</summary>
/// <param name="Track">Of what kind.</param>
/// <param name="TimeNs">When, virtual nanoseconds.</param>
/// <param name="Name">What.</param>
/// <param name="Details">More of it.</param>
internal sealed record TimelineInstant(string Track, long TimeNs, string Name, string Details);
