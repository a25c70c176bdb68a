namespace Pagewise.Reports.Heap;

/// <summary>Something that the system's bytes go to.</summary>
/// <param name="Cause">What.</param>
/// <param name="PeakBytes">Bytes when the most was resident.</param>
/// <param name="FinalBytes">Bytes at the end.</param>
public sealed record HeapCause(string Cause, ulong PeakBytes, ulong FinalBytes);
