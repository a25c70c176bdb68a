namespace Pagewise.Reports.Snapshots;

/// <summary>
/// A machine at one moment, from each address space to the last frame: what the report and the explorer draw. Numbers of
/// pages and frames are those of 4 KiB; times are virtual nanoseconds.
/// </summary>
public sealed record MachineSnapshot
{
    /// <summary>When.</summary>
    public required double TimeNs { get; init; }

    /// <summary>The recording's line replayed last.</summary>
    public required long Line { get; init; }

    /// <summary>Why it was taken: "time", "oom" or "end".</summary>
    public required string Reason { get; init; }

    /// <summary>Levels of page tables.</summary>
    public required int PageTableLevels { get; init; }

    /// <summary>Bytes of an entry.</summary>
    public required int PageTableEntryBytes { get; init; }

    /// <summary>The address spaces, the one with most resident pages first.</summary>
    public required IReadOnlyList<SpaceSnapshot> Spaces { get; init; }

    /// <summary>The zones that have memory.</summary>
    public required IReadOnlyList<ZoneSnapshot> Zones { get; init; }

    /// <summary>
    /// Every frame of those zones. The kind is a <see cref="FrameKind"/> in the low four bits; above it stands for a free one
    /// its block's order, for others the LRU list, counted from 1: inactive anon, active anon, inactive file, active
    /// file, unevictable.
    /// </summary>
    public required Runs Frames { get; init; }
}
