namespace Pagewise.Replay.Heap;

/// <summary>A live block that keeps free bytes beside it resident.</summary>
/// <param name="Block">The block.</param>
/// <param name="Pages">Resident pages with free bytes that it lies on.</param>
/// <param name="FreeBytes">Its share of the free bytes on them: those of a page are shared evenly by the blocks on it.</param>
public readonly record struct HeapPin(HeapBlock Block, long Pages, ulong FreeBytes);
