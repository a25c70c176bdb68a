namespace Pagewise.Kernel.PageAllocator;

/// <summary>One NUMA node of a machine.</summary>
/// <param name="Cpus">The CPUs of the node, by number.</param>
/// <param name="Distances">The distance to each node (the ACPI SLIT): 10 to itself, more to others.</param>
public sealed record NodeSpec(IReadOnlyList<int> Cpus, IReadOnlyList<int> Distances);
