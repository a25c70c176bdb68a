namespace Pagewise.Malloc.Flat;

/// <summary>Where things lie in a <see cref="FlatAddressSpace"/>.</summary>
public sealed record FlatLayout
{
    /// <summary>x86-64 without address randomisation.</summary>
    public static FlatLayout X8664 { get; } = new();

    /// <summary>i386 without address randomisation, under a 64-bit kernel.</summary>
    public static FlatLayout I386 { get; } = new() { StartBreak = 0x56555000, MmapTop = 0xf7ffe000, FoldBits = 32 };

    /// <summary>Where the break begins (<c>start_brk</c>).</summary>
    public ulong StartBreak { get; init; } = 0x555555559000;

    /// <summary>The end of the area that mappings are placed in, from the top down (<c>mmap_base</c>).</summary>
    public ulong MmapTop { get; init; } = 0x7ffff7fff000;

    /// <summary>No mapping is placed below this address, nor below the break.</summary>
    public ulong MmapBottom { get; init; } = 0x10000;

    /// <summary>How an address is chosen for a mapping.</summary>
    public FlatPlacement Placement { get; init; }

    /// <summary>Whether mappings of whole 2 MiB are placed 2 MiB-aligned (Linux 6.7 and later, 64-bit).</summary>
    public bool AlignsHugeMappings { get; init; } = true;

    /// <summary>Low bits of an address that find its byte in host memory; the host reserves 2 to this power bytes.</summary>
    public int FoldBits { get; init; } = 43;
}
