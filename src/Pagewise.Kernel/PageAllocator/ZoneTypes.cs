namespace Pagewise.Kernel.PageAllocator;

/// <summary>Facts about <see cref="ZoneType"/>.</summary>
public static class ZoneTypes
{
    /// <summary><c>MAX_NR_ZONES</c>: zones of one node, populated or not.</summary>
    public const int Count = 5;

    /// <summary>Where ZONE_DMA ends: frame number of 16 MiB.</summary>
    public const uint DmaEndPfn = 16u << 20 >> 12;

    /// <summary>Where ZONE_DMA32 ends: frame number of 4 GiB.</summary>
    public const uint Dma32EndPfn = 1u << 20;

    private static readonly string[] Names = ["DMA", "DMA32", "Normal", "Movable", "Device"];

    /// <summary>The zone's name in /proc (<c>zone_names</c>).</summary>
    public static string Name(this ZoneType type) => Names[(int)type];

    /// <summary>The zone of a name in /proc.</summary>
    /// <returns>Whether the name is known.</returns>
    public static bool TryParse(string name, out ZoneType type)
    {
        int index = Array.IndexOf(Names, name);
        type = (ZoneType)Math.Max(index, 0);
        return index >= 0;
    }
}
