namespace Pagewise.Reports.Snapshots;

/// <summary>A zone at one moment; amounts are pages.</summary>
public sealed record ZoneSnapshot
{
    /// <summary>Its node.</summary>
    public required int Node { get; init; }

    /// <summary>Its name: DMA, DMA32, Normal.</summary>
    public required string Name { get; init; }

    /// <summary>Its first frame.</summary>
    public required long StartPfn { get; init; }

    /// <summary>Frames from the first to the last, holes included.</summary>
    public required long Spanned { get; init; }

    /// <summary>Frames given to the allocator.</summary>
    public required long Managed { get; init; }

    /// <summary>NR_FREE_PAGES.</summary>
    public required long Free { get; init; }

    /// <summary>WMARK_MIN.</summary>
    public required long Min { get; init; }

    /// <summary>WMARK_LOW.</summary>
    public required long Low { get; init; }

    /// <summary>WMARK_HIGH.</summary>
    public required long High { get; init; }

    /// <summary>Free blocks by order, for each migrate type that has any: /proc/pagetypeinfo.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<long>> FreeBlocks { get; init; }

    /// <summary>Frames by <see cref="FrameKind"/>.</summary>
    public required IReadOnlyList<long> Frames { get; init; }
}
