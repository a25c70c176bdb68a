namespace Pagewise.Kernel.PageAllocator;

/// <summary>The zones of a node, lowest first: Linux's <c>enum zone_type</c> of x86-64 (include/linux/mmzone.h).</summary>
public enum ZoneType
{
    /// <summary><c>ZONE_DMA</c>: below 16 MiB.</summary>
    Dma,

    /// <summary><c>ZONE_DMA32</c>: below 4 GiB.</summary>
    Dma32,

    /// <summary><c>ZONE_NORMAL</c>: the rest.</summary>
    Normal,

    /// <summary><c>ZONE_MOVABLE</c>: only pages that can be moved (kernelcore=, movablecore=).</summary>
    Movable,

    /// <summary><c>ZONE_DEVICE</c>: never populated here; it stands in /proc/zoneinfo and in lowmem_reserve.</summary>
    Device,
}
