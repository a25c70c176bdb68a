namespace Pagewise.Procfs;

/// <summary>One zone in /proc/buddyinfo.</summary>
/// <param name="Node">The node.</param>
/// <param name="Name">The zone's name.</param>
/// <param name="FreeBlocks">Free blocks, by order.</param>
public sealed record BuddyinfoZone(int Node, string Name, IReadOnlyList<long> FreeBlocks);
