namespace Pagewise.Kernel.PageAllocator;

/// <summary>Where an allocation may look: <c>struct alloc_context</c>.</summary>
/// <param name="Node">The node whose zonelist is followed.</param>
/// <param name="NodeMask">Nodes that may serve it, by policy and cpuset.</param>
/// <param name="PolicyNodes">Nodes that may serve it by policy alone.</param>
/// <param name="Highest">The highest zone that may serve it.</param>
/// <param name="Type">The migrate type wanted.</param>
/// <param name="PreferredZone">The first zone that may serve it, an index into <see cref="ZoneTable"/>; -1: none.</param>
public readonly record struct AllocContext(int Node, ulong NodeMask, ulong PolicyNodes, ZoneType Highest, MigrateType Type, int PreferredZone);
