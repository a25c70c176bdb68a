namespace Pagewise.Kernel.PageCache;

/// <summary>The sysctls of dirty pages (Documentation/admin-guide/sysctl/vm.rst). Of a ratio and its bytes one is 0: the other counts.</summary>
public sealed record DirtySettings
{
    /// <summary>vm.dirty_ratio: percent of the memory that can be dirtied at which writers wait.</summary>
    public int Ratio { get; init; } = 20;

    /// <summary>vm.dirty_background_ratio: percent at which the flusher begins.</summary>
    public int BackgroundRatio { get; init; } = 10;

    /// <summary>vm.dirty_bytes; 0: the ratio counts.</summary>
    public ulong Bytes { get; init; }

    /// <summary>vm.dirty_background_bytes; 0: the ratio counts.</summary>
    public ulong BackgroundBytes { get; init; }

    /// <summary>vm.dirty_writeback_centisecs: how often the flusher looks for old pages; 0: never.</summary>
    public int WritebackCentisecs { get; init; } = 500;

    /// <summary>vm.dirty_expire_centisecs: the age at which it writes them.</summary>
    public int ExpireCentisecs { get; init; } = 3000;

    /// <summary>The settings after a sysctl was written; null when there is no such sysctl or it does not take the value.</summary>
    /// <param name="name">As sysctl(8) names it.</param>
    /// <param name="value">What is written.</param>
    public DirtySettings? With(string name, long value) => name switch
    {
        "vm.dirty_ratio" when value is >= 0 and <= 100 => this with { Ratio = (int)value, Bytes = 0 },
        "vm.dirty_background_ratio" when value is >= 0 and <= 100 => this with { BackgroundRatio = (int)value, BackgroundBytes = 0 },
        "vm.dirty_bytes" when value >= LeastBytes => this with { Bytes = (ulong)value, Ratio = 0 },
        "vm.dirty_background_bytes" when value > 0 => this with { BackgroundBytes = (ulong)value, BackgroundRatio = 0 },
        "vm.dirty_writeback_centisecs" when value is >= 0 and <= int.MaxValue => this with { WritebackCentisecs = (int)value },
        "vm.dirty_expire_centisecs" when value is >= 0 and <= int.MaxValue => this with { ExpireCentisecs = (int)value },
        _ => null,
    };

    private const long LeastBytes = 2 * 4096;
}
