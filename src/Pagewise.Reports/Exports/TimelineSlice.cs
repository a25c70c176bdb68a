namespace Pagewise.Reports.Exports;

/// <summary>A stretch of time in which somebody did something.</summary>
/// <param name="Track">What, such as <c>direct reclaim</c>.</param>
/// <param name="Pid">Who.</param>
/// <param name="Comm">Its name.</param>
/// <param name="StartNs">From when, virtual nanoseconds.</param>
/// <param name="EndNs">Until when.</param>
/// <param name="Details">The tracepoints' fields.</param>
internal sealed record TimelineSlice(string Track, int Pid, string Comm, long StartNs, long EndNs, string Details);
