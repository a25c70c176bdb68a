namespace Pagewise.Reports.Run;

/// <summary>The machine: what it is, where its frames are, what its time went into.</summary>
public sealed record MachineFacts
{
    /// <summary>The kernel release, such as 6.18.</summary>
    public required string Kernel { get; init; }

    /// <summary>Physical memory.</summary>
    public ulong MemoryBytes { get; init; }

    /// <summary>Swap.</summary>
    public ulong SwapBytes { get; init; }

    /// <summary>CPUs.</summary>
    public int Cpus { get; init; }

    /// <summary>The CPU preset.</summary>
    public required string Cpu { get; init; }

    /// <summary>The page-table format: x86-64, x86-64-5level, x86-32, x86-pae.</summary>
    public required string PageTables { get; init; }

    /// <summary>Transparent huge pages: always, madvise, never.</summary>
    public required string Thp { get; init; }

    /// <summary>kernel.randomize_va_space.</summary>
    public int RandomizeVaSpace { get; init; }

    /// <summary>The seed of everything random.</summary>
    public ulong Seed { get; init; }

    /// <summary>vm.overcommit_memory.</summary>
    public int OvercommitMemory { get; init; }

    /// <summary>Frames by what they hold, before the last program ended.</summary>
    public IReadOnlyList<FrameUse> Frames { get; init; } = [];

    /// <summary>Frames handed out in all (pgalloc).</summary>
    public long FramesHandedOut { get; init; }

    /// <summary>Virtual time in all, nanoseconds.</summary>
    public double TimeNs { get; init; }

    /// <summary>Virtual time by cause.</summary>
    public IReadOnlyList<TimeCause> Time { get; init; } = [];

    /// <summary>What it cost that memory was short.</summary>
    public required PressureFacts Pressure { get; init; }

    /// <summary>All CPUs' translations together.</summary>
    public required TranslationFacts Translation { get; init; }
}
