namespace Pagewise.Reports.Heap;

/// <summary>An amount that went up and down.</summary>
/// <param name="Name">What is counted.</param>
/// <param name="PeakBytes">The most there was.</param>
/// <param name="PeakCall">After which call; 0 where that is not known.</param>
/// <param name="FinalBytes">What there was at the end.</param>
public sealed record HeapFigure(string Name, ulong PeakBytes, long PeakCall, ulong FinalBytes);
