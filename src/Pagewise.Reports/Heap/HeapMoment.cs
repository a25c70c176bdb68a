namespace Pagewise.Reports.Heap;

/// <summary>A point of the timeline.</summary>
/// <param name="Call">Calls made.</param>
/// <param name="LiveBytes">Bytes asked for and not freed.</param>
/// <param name="SystemBytes">Bytes held of the system.</param>
/// <param name="ResidentBytes">Bytes resident.</param>
public sealed record HeapMoment(long Call, ulong LiveBytes, ulong SystemBytes, ulong ResidentBytes);
