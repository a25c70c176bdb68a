namespace Pagewise.Procfs;

/// <summary>One zone in /proc/zoneinfo. Amounts are pages.</summary>
/// <param name="Node">The node.</param>
/// <param name="Name">DMA, DMA32, Normal, Movable or Device.</param>
public sealed record ZoneinfoZone(int Node, string Name)
{
    /// <summary>"per-node stats", which stand at the first populated zone of a node; else empty.</summary>
    public IReadOnlyList<ProcfsCounter> NodeStats { get; init; } = [];

    /// <summary>Free pages.</summary>
    public long Free { get; init; }

    /// <summary>What is added to the watermarks; null in kernels without it.</summary>
    public long? Boost { get; init; }

    /// <summary>The min watermark.</summary>
    public long Min { get; init; }

    /// <summary>The low watermark.</summary>
    public long Low { get; init; }

    /// <summary>The high watermark.</summary>
    public long High { get; init; }

    /// <summary>The promo watermark; null in kernels that do not show it.</summary>
    public long? Promo { get; init; }

    /// <summary>Frames from first to last.</summary>
    public long Spanned { get; init; }

    /// <summary>Frames that exist.</summary>
    public long Present { get; init; }

    /// <summary>Frames of the buddy allocator.</summary>
    public long Managed { get; init; }

    /// <summary>CMA pages; null in kernels that do not show them.</summary>
    public long? Cma { get; init; }

    /// <summary>lowmem_reserve by zone.</summary>
    public IReadOnlyList<long> Protection { get; init; } = [];

    /// <summary>The zone's counters, from nr_free_pages on.</summary>
    public IReadOnlyList<ProcfsCounter> Stats { get; init; } = [];

    /// <summary>The per-CPU lists.</summary>
    public IReadOnlyList<ZoneinfoPageset> Pagesets { get; init; } = [];

    /// <summary>1 when kswapd has given up on the node.</summary>
    public int NodeUnreclaimable { get; init; }

    /// <summary>The first frame; null for a zone without frames, of which the file shows no more than the protection.</summary>
    public uint? StartPfn { get; init; }

    /// <summary>A counter of <see cref="Stats"/> or <see cref="NodeStats"/>; null when it is not there.</summary>
    public long? Stat(string name)
    {
        foreach (ProcfsCounter stat in Stats.Concat(NodeStats))
        {
            if (stat.Name == name)
                return stat.Value;
        }

        return null;
    }
}
