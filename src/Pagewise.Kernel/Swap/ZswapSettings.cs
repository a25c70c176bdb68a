namespace Pagewise.Kernel.Swap;

/// <summary>The parameters of zswap (/sys/module/zswap/parameters), as they stand when the machine starts.</summary>
public sealed record ZswapSettings
{
    /// <summary>Whether pages for swap are kept compressed in memory first (enabled).</summary>
    public bool IsEnabled { get; init; }

    /// <summary>How much of the memory the pool may take, percent (max_pool_percent).</summary>
    public int MaxPoolPercent { get; init; } = 20;

    /// <summary>After it was full, to what part of that it has to shrink before it takes pages again, percent (accept_threshold_percent).</summary>
    public int AcceptThresholdPercent { get; init; } = 90;

    /// <summary>Whether the pool is zsmalloc, else zbud (zpool). zbud is gone since 6.15; a machine with a later kernel has zsmalloc in any case.</summary>
    public bool IsZsmalloc { get; init; }

    /// <summary>Whether runs of zeroes are compressed as such (compressor: lzo-rle), else not (lzo).</summary>
    public bool IsRle { get; init; }

    /// <summary>Whether a page of one repeated word is kept as that word (same_filled_pages_enabled).</summary>
    public bool KeepsSameFilled { get; init; } = true;
}
