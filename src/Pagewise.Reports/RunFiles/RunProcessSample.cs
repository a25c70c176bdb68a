namespace Pagewise.Reports.RunFiles;

/// <summary>A process at a moment (table process_sample).</summary>
/// <param name="Pid">The process.</param>
/// <param name="RssPages">Resident pages.</param>
/// <param name="SwapPages">Pages in swap.</param>
/// <param name="Faults">Its faults so far, minor and major.</param>
public sealed record RunProcessSample(int Pid, long RssPages, long SwapPages, long Faults);
