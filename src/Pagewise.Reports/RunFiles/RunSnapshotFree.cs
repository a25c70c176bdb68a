namespace Pagewise.Reports.RunFiles;

/// <summary>Free blocks in a snapshot (table snapshot_free).</summary>
/// <param name="SnapshotId">The snapshot.</param>
/// <param name="Node">The node.</param>
/// <param name="Zone">The zone's name.</param>
/// <param name="Order">The blocks' order.</param>
/// <param name="MigrateType">Their migrate type as /proc/pagetypeinfo names it.</param>
/// <param name="Blocks">How many.</param>
public sealed record RunSnapshotFree(long SnapshotId, int Node, string Zone, int Order, string MigrateType, long Blocks);
