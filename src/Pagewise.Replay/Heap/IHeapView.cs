using Pagewise.Malloc;

namespace Pagewise.Replay.Heap;

/// <summary>What can be asked of a modelled heap at a moment, whatever its platform and release.</summary>
public interface IHeapView
{
    /// <summary>mallinfo2(3).</summary>
    MallInfo Mallinfo2();

    /// <summary>malloc_info(3): the XML.</summary>
    string MallocInfo();

    /// <summary>malloc_stats(3): the text.</summary>
    string MallocStats();

    /// <summary>Every chunk of every arena.</summary>
    List<HeapChunk> WalkChunks();

    /// <summary>Checks the allocator's invariants.</summary>
    void Validate();
}
