namespace Pagewise.Reports.Run;

/// <summary>A part of an address space: all areas of one kind.</summary>
public sealed record SegmentFacts
{
    /// <summary>text, rodata, data, bss, heap, mmap, files, shared, vdso, stack.</summary>
    public required string Name { get; init; }

    /// <summary>The lowest address.</summary>
    public ulong Start { get; init; }

    /// <summary>One past the highest address.</summary>
    public ulong End { get; init; }

    /// <summary>How many areas (vm_area_struct).</summary>
    public int Areas { get; init; }

    /// <summary>Bytes mapped.</summary>
    public ulong SizeBytes { get; init; }

    /// <summary>Bytes resident.</summary>
    public ulong ResidentBytes { get; init; }

    /// <summary>
    /// Bytes of page tables below the top one that translate it. A table that two segments share counts for the first.
    /// </summary>
    public ulong PageTableBytes { get; init; }
}
