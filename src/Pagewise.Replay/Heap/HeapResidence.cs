namespace Pagewise.Replay.Heap;

/// <summary>What the resident pages of a heap hold, at one moment. Pages of 4 KiB.</summary>
public sealed record HeapResidence
{
    /// <summary>Pages of which no byte is free.</summary>
    public required long LivePages { get; init; }

    /// <summary>Pages with free bytes that a live block beside them keeps from being given back.</summary>
    public required long PinnedPages { get; init; }

    /// <summary>The free bytes on those.</summary>
    public required ulong PinnedFreeBytes { get; init; }

    /// <summary>Pages that lie in freed chunks altogether, some of it in a tcache or fast bin: malloc_trim passes over them.</summary>
    public required long CachedPages { get; init; }

    /// <summary>Pages inside a freed chunk of a bin: malloc_trim gives them back.</summary>
    public required long FreePages { get; init; }

    /// <summary>Pages inside a top chunk.</summary>
    public required long TopPages { get; init; }

    /// <summary>Pages that hold nothing but malloc's own headers and free bytes.</summary>
    public required long OwnPages { get; init; }

    /// <summary>All of them.</summary>
    public long Pages => LivePages + PinnedPages + CachedPages + FreePages + TopPages + OwnPages;
}
