namespace Pagewise.Malloc.Releases;

/// <summary>glibc 2.36 (and 2.35, whose malloc is the same).</summary>
public readonly struct Glibc236 : IGlibcRelease
{
    /// <inheritdoc/>
    public static string Version => "2.36";

    /// <inheritdoc/>
    public static bool HeapInfoHasPageSize => true;

    /// <inheritdoc/>
    public static bool HeapsAreNoReserve => true;

    /// <inheritdoc/>
    public static ulong TcacheFillCount => 7;

    /// <inheritdoc/>
    public static bool MmapFallbackArgumentsExchanged => true;

    /// <inheritdoc/>
    public static bool MmapThresholdUnlimited => true;

    /// <inheritdoc/>
    public static bool ArenaLimitByAffinity => true;
}
