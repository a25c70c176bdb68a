namespace Pagewise.Reports.Snapshots;

/// <summary>An address space at one moment.</summary>
public sealed record SpaceSnapshot
{
    /// <summary>The process.</summary>
    public required int Pid { get; init; }

    /// <summary>Its name.</summary>
    public required string Comm { get; init; }

    /// <summary>Pages resident: VmRSS.</summary>
    public required long ResidentPages { get; init; }

    /// <summary>Pages in swap: VmSwap.</summary>
    public required long SwappedPages { get; init; }

    /// <summary>mm.start_brk.</summary>
    public required ulong StartBrk { get; init; }

    /// <summary>mm.brk.</summary>
    public required ulong Brk { get; init; }

    /// <summary>Its areas, ascending.</summary>
    public required IReadOnlyList<VmaSnapshot> Vmas { get; init; }

    /// <summary>
    /// Its pages that have an entry. The kind is a <see cref="PageKind"/> in the low four bits and above it bits of the
    /// entry: 16 writable, 32 accessed, 64 dirty, 128 executable, 256 PROT_NONE, 512 large (level 2), 1024 (level 3). At is the
    /// frame, or the slot of swap.
    /// </summary>
    public required Runs Pages { get; init; }

    /// <summary>Its page tables; empty where they were too many.</summary>
    public required TableSnapshot Tables { get; init; }

    /// <summary>malloc's chunks in it; null: not known.</summary>
    public HeapChunks? Heap { get; init; }
}
