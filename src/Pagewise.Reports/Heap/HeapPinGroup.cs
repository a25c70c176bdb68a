namespace Pagewise.Reports.Heap;

/// <summary>Live blocks that were taken by alike calls and keep free bytes resident.</summary>
/// <param name="Text">The call.</param>
/// <param name="Blocks">Blocks.</param>
/// <param name="Pages">Resident pages with free bytes that they lie on, a page for each block on it.</param>
/// <param name="FreeBytes">Their share of those free bytes.</param>
/// <param name="FirstCall">The oldest of the calls.</param>
/// <param name="LastCall">The youngest.</param>
public sealed record HeapPinGroup(string Text, long Blocks, long Pages, ulong FreeBytes, long FirstCall, long LastCall);
