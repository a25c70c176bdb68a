namespace Pagewise.Reports.Heap;

/// <summary>A bin with what it holds.</summary>
/// <param name="Kind">"fast", "unsorted", "small", "large" or "tcache".</param>
/// <param name="Index">Its number among its kind, as glibc counts.</param>
/// <param name="FromBytes">The smallest chunk in it.</param>
/// <param name="ToBytes">The largest.</param>
/// <param name="Chunks">Chunks.</param>
/// <param name="Bytes">Their bytes.</param>
public sealed record HeapMapBin(string Kind, int Index, ulong FromBytes, ulong ToBytes, long Chunks, ulong Bytes);
