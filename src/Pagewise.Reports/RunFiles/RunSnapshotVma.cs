namespace Pagewise.Reports.RunFiles;

/// <summary>An area of an address space in a snapshot (table snapshot_vma).</summary>
/// <param name="SnapshotId">The snapshot.</param>
/// <param name="Pid">The process.</param>
/// <param name="Start">Its first address.</param>
/// <param name="End">One past its last.</param>
/// <param name="Prot">Its protection as /proc/PID/maps shows it, such as rw-p.</param>
/// <param name="Offset">Where in the file it begins, bytes.</param>
/// <param name="Name">Its name in maps.</param>
/// <param name="RssPages">Pages resident.</param>
/// <param name="SwapPages">Pages in swap.</param>
public sealed record RunSnapshotVma(long SnapshotId, int Pid, ulong Start, ulong End, string Prot, long Offset, string Name, long RssPages, long SwapPages);
