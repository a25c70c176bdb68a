namespace Pagewise.Reports.Heap;

/// <summary>A live block that keeps free bytes resident.</summary>
/// <param name="Address">The block.</param>
/// <param name="SizeBytes">What was asked for.</param>
/// <param name="Call">The number of the call that took it.</param>
/// <param name="Line">That call's line in the recording.</param>
/// <param name="Text">That call.</param>
/// <param name="AgeCalls">Calls since.</param>
/// <param name="Pages">Resident pages with free bytes that it lies on.</param>
/// <param name="FreeBytes">Its share of those free bytes.</param>
public sealed record HeapPinFacts(
    ulong Address, ulong SizeBytes, long Call, long Line, string Text, long AgeCalls, long Pages, ulong FreeBytes);
