namespace Pagewise.Replay.Heap;

/// <summary>Where every byte that malloc holds of the system goes, at one moment.</summary>
public sealed record HeapSpace
{
    /// <summary>Bytes of all arenas and mapped blocks: the sum of the others.</summary>
    public required ulong SystemBytes { get; init; }

    /// <summary>What the program asked for and has not freed.</summary>
    public required ulong Requested { get; init; }

    /// <summary>Headers of the chunks in use: a size word each, two of a mapped one.</summary>
    public required ulong Headers { get; init; }

    /// <summary>Rounding up to the alignment and the smallest chunk, and remainders too small to cut off.</summary>
    public required ulong Rounding { get; init; }

    /// <summary>Ends of pages behind blocks that are mapped on their own.</summary>
    public required ulong PageEnds { get; init; }

    /// <summary>Freed chunks in tcaches.</summary>
    public required ulong Tcache { get; init; }

    /// <summary>Freed chunks in fast bins.</summary>
    public required ulong FastBins { get; init; }

    /// <summary>Freed chunks in the unsorted bins.</summary>
    public required ulong UnsortedBin { get; init; }

    /// <summary>Freed chunks in small bins.</summary>
    public required ulong SmallBins { get; init; }

    /// <summary>Freed chunks in large bins.</summary>
    public required ulong LargeBins { get; init; }

    /// <summary>Top chunks.</summary>
    public required ulong Top { get; init; }

    /// <summary>malloc's own: tcache structures, arena and heap headers, fences, alignment at the beginning.</summary>
    public required ulong Own { get; init; }

    /// <summary>Freed chunks in tcaches and bins, without the tops.</summary>
    public ulong Free => Tcache + FastBins + UnsortedBin + SmallBins + LargeBins;
}
