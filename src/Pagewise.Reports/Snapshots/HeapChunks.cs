namespace Pagewise.Reports.Snapshots;

/// <summary>malloc's chunks as columns, ascending within each part of an arena; alike neighbours are one run.</summary>
public sealed record HeapChunks
{
    /// <summary>Calls of the malloc family made up to now.</summary>
    public required long Calls { get; init; }

    /// <summary>The first chunk's address.</summary>
    public List<ulong> Address { get; init; } = [];

    /// <summary>Bytes of each chunk of the run.</summary>
    public List<ulong> SizeBytes { get; init; } = [];

    /// <summary>Chunks of the run.</summary>
    public List<long> Count { get; init; } = [];

    /// <summary>What they are: Pagewise.Malloc.HeapChunkState's numbers.</summary>
    public List<int> State { get; init; } = [];

    /// <summary>The bin's index within its kind, for free chunks.</summary>
    public List<int> Bin { get; init; } = [];

    /// <summary>The arena, from 0, in the order in which they are met.</summary>
    public List<int> Arena { get; init; } = [];

    /// <summary>The thread whose tcache has them; -1: none.</summary>
    public List<int> Thread { get; init; } = [];

    /// <summary>Chunks that one snapshot may keep were more than this many runs: the rest is missing.</summary>
    public bool IsCut { get; set; }
}
