namespace Pagewise.Reports.Heap;

/// <summary>Requests of similar size.</summary>
/// <param name="UpToBytes">The largest size in the class; 0 for no limit.</param>
/// <param name="Allocations">Calls that took a block of such a size.</param>
/// <param name="LiveBlocks">Blocks live at the end.</param>
/// <param name="LiveBytes">Bytes asked for in them.</param>
/// <param name="ChunkBytes">Bytes of the chunks that hold them.</param>
public sealed record HeapSizeClass(ulong UpToBytes, long Allocations, long LiveBlocks, ulong LiveBytes, ulong ChunkBytes);
