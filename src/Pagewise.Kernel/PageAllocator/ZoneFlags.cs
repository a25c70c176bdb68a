namespace Pagewise.Kernel.PageAllocator;

/// <summary>Passing states of a zone: <c>enum zone_flags</c> (include/linux/mmzone.h).</summary>
[Flags]
public enum ZoneFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><c>ZONE_BOOSTED_WATERMARK</c>: stealing raised the watermarks; the next allocation wakes kswapd.</summary>
    BoostedWatermark = 1,

    /// <summary><c>ZONE_RECLAIM_ACTIVE</c>: kswapd works on it; per-CPU lists stay short.</summary>
    ReclaimActive = 2,

    /// <summary><c>ZONE_BELOW_HIGH</c> (since 6.7): free pages were below high; per-CPU lists shrink.</summary>
    BelowHigh = 4,
}
