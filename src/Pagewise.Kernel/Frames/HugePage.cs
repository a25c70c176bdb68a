namespace Pagewise.Kernel.Frames;

/// <summary>The size of a transparent huge page on 64-bit and PAE tables: 2 MiB.</summary>
public static class HugePage
{
    /// <summary><c>HPAGE_PMD_ORDER</c>.</summary>
    public const int Order = 9;

    /// <summary><c>HPAGE_PMD_NR</c>: frames of 4 KiB.</summary>
    public const uint Frames = 1 << Order;

    /// <summary><c>HPAGE_PMD_SIZE</c>, bytes.</summary>
    public const ulong SizeBytes = (ulong)Frames << 12;
}
