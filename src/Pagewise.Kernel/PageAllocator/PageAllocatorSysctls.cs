namespace Pagewise.Kernel.PageAllocator;

/// <summary>The sysctls that shape watermarks and per-CPU lists, under their own names (Documentation/admin-guide/sysctl/vm.rst).</summary>
public sealed record PageAllocatorSysctls
{
    /// <summary>vm.min_free_kbytes; -1 lets boot compute it.</summary>
    public int MinFreeKbytes { get; init; } = -1;

    /// <summary>vm.watermark_scale_factor: distance between watermarks in 1/10000 of a zone, 1 to 3000.</summary>
    public int WatermarkScaleFactor { get; init; } = 10;

    /// <summary>vm.watermark_boost_factor: how far stealing may raise the watermarks, in 1/10000 of high; 0 never.</summary>
    public int WatermarkBoostFactor { get; init; } = 15000;

    /// <summary>vm.lowmem_reserve_ratio, one a zone type: 1/ratio of the zones above is kept from allocations that could use those; 0 keeps nothing.</summary>
    public IReadOnlyList<int> LowmemReserveRatio { get; init; } = [256, 256, 32, 0, 0];

    /// <summary>vm.percpu_pagelist_high_fraction: 1/fraction of a zone may stand in per-CPU lists, at least 8; 0 follows the low watermark.</summary>
    public int PercpuPagelistHighFraction { get; init; }
}
