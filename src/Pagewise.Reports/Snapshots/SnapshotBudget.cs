namespace Pagewise.Reports.Snapshots;

/// <summary>How much of a machine a snapshot keeps; what is more is kept coarser.</summary>
/// <param name="FrameRuns">Runs of frames.</param>
/// <param name="PageRuns">Runs of pages of each address space.</param>
/// <param name="Spaces">Address spaces, the largest first; of the others areas are kept, not pages.</param>
/// <param name="Tables">Page tables of each address space.</param>
/// <param name="Chunks">Runs of malloc's chunks.</param>
public sealed record SnapshotBudget(int FrameRuns, int PageRuns, int Spaces, int Tables, int Chunks)
{
    /// <summary>For one of many snapshots.</summary>
    public static SnapshotBudget Small { get; } = new(4096, 4096, 16, 4096, 8192);

    /// <summary>For the last one, and for one that is looked at by itself.</summary>
    public static SnapshotBudget Large { get; } = new(65536, 65536, 256, 65536, 65536);
}
