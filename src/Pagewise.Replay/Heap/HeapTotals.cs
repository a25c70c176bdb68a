namespace Pagewise.Replay.Heap;

/// <summary>What a replay has counted so far. Steps are those of the script, from 1; 0 is before the first.</summary>
public sealed record HeapTotals
{
    /// <summary>Calls of the malloc family made.</summary>
    public required long Calls { get; init; }

    /// <summary>Blocks live now.</summary>
    public required long LiveBlocks { get; init; }

    /// <summary>Bytes asked for and not freed.</summary>
    public required ulong LiveBytes { get; init; }

    /// <summary>The most there were.</summary>
    public required ulong PeakLiveBytes { get; init; }

    /// <summary>The step after which there were the most.</summary>
    public required long PeakLiveStep { get; init; }

    /// <summary>Bytes of all arenas.</summary>
    public required ulong ArenaBytes { get; init; }

    /// <summary>The most there were.</summary>
    public required ulong PeakArenaBytes { get; init; }

    /// <summary>Bytes of blocks mapped on their own.</summary>
    public required ulong MmappedBytes { get; init; }

    /// <summary>The most there were.</summary>
    public required ulong PeakMmappedBytes { get; init; }

    /// <summary>The most bytes that arenas and mapped blocks took together.</summary>
    public required ulong PeakSystemBytes { get; init; }

    /// <summary>Arenas.</summary>
    public required int Arenas { get; init; }

    /// <summary>Bytes resident.</summary>
    public required ulong ResidentBytes { get; init; }

    /// <summary>The most there were.</summary>
    public required ulong PeakResidentBytes { get; init; }

    /// <summary>The step after which there were the most.</summary>
    public required long PeakResidentStep { get; init; }

    /// <summary>Minor faults: first writes of pages.</summary>
    public required long Faults { get; init; }

    /// <summary>Resident pages given back to the system.</summary>
    public required long PagesReturned { get; init; }

    /// <summary>malloc's system calls.</summary>
    public required HeapSystemCalls SystemCalls { get; init; }

    /// <summary>malloc's own loads and stores of chunk headers, lists and counts.</summary>
    public required long Accesses { get; init; }

    /// <summary>Bytes that calloc cleared and realloc copied.</summary>
    public required ulong BulkBytes { get; init; }

    /// <summary>Recorded results compared with the model's.</summary>
    public required long Results { get; init; }

    /// <summary>Those that are not the same.</summary>
    public required long Different { get; init; }

    /// <summary>The first step whose result is not the same; 0 for none.</summary>
    public required long FirstDifferentStep { get; init; }

    /// <summary>glibc's message where an integrity check ended the program; null otherwise.</summary>
    public required string? Abort { get; init; }

    /// <summary>The step that did; 0 for none.</summary>
    public required long AbortStep { get; init; }
}
