namespace Pagewise.Kernel.PageAllocator;

/// <summary>A zone's watermarks and per-CPU marks as a zoneinfo shows them. Amounts are pages.</summary>
/// <param name="Node">The node.</param>
/// <param name="Type">The zone of the node.</param>
/// <param name="Min">The min watermark.</param>
/// <param name="Low">The low watermark.</param>
/// <param name="High">The high watermark.</param>
/// <param name="PcpBatch">Batch of the per-CPU lists.</param>
/// <param name="PcpHigh">High mark of the per-CPU lists; where it moves (since 6.7) the least one.</param>
public readonly record struct BootMarks(int Node, ZoneType Type, long Min, long Low, long High, int PcpBatch, int PcpHigh);
