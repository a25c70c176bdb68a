namespace Pagewise.Procfs;

/// <summary>One zone in /proc/pagetypeinfo.</summary>
/// <param name="Node">The node.</param>
/// <param name="Name">The zone's name.</param>
/// <param name="Types">The migrate types, in the kernel's order.</param>
public sealed record PagetypeinfoZone(int Node, string Name, IReadOnlyList<PagetypeinfoType> Types);
