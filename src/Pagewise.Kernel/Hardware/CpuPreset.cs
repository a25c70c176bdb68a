namespace Pagewise.Kernel.Hardware;

/// <summary>A CPU's translation hardware: shapes of its TLBs, page-walk caches and data caches, and its costs.</summary>
public sealed partial record CpuPreset
{
    /// <summary>The name in a machine file.</summary>
    public required string Name { get; init; }

    /// <summary>First-level instruction TLB.</summary>
    public required TlbGeometry L1Instruction { get; init; }

    /// <summary>First-level data TLB.</summary>
    public required TlbGeometry L1Data { get; init; }

    /// <summary>Second-level TLB of loads and stores.</summary>
    public required TlbGeometry L2Data { get; init; }

    /// <summary>Second-level TLB of fetches; null when it is the one of loads and stores (unified).</summary>
    public TlbGeometry? L2Instruction { get; init; }

    /// <summary>Page-walk caches by the level of the entries they hold: index 0 is PMD (level 2), then PUD, P4D, PGD. A missing one caches nothing.</summary>
    public required IReadOnlyList<TlbArrayGeometry> WalkCaches { get; init; }

    /// <summary>Bytes of the first, second and last-level data caches that a walk looks into.</summary>
    public required IReadOnlyList<int> CacheBytes { get; init; }

    /// <summary>Costs in nanoseconds.</summary>
    public required CostTable Costs { get; init; }

    /// <summary>Whether TLB entries carry an address-space identifier (PCID); without, every switch drops them.</summary>
    public bool HasAsids { get; init; } = true;

    /// <summary>The preset of a name, or null.</summary>
    public static CpuPreset? Find(string name) => All.FirstOrDefault(preset => string.Equals(preset.Name, name, StringComparison.OrdinalIgnoreCase));
}
