namespace Pagewise.Kernel.PageAllocator;

/// <summary>
/// Physical memory in the middle of its life, as a saved zoneinfo, buddyinfo and pagetypeinfo describe it: a machine
/// that begins with it has the zones, marks and free blocks that were counted, and everything else in use.
/// </summary>
/// <param name="Layout">Where the zones' managed frames lie.</param>
/// <param name="State">What is free.</param>
public sealed record MemorySnapshot(MemoryLayout Layout, AllocatorState State)
{
    /// <summary>The marks in force, a zone each; a zone that is missing has those that the sysctls give.</summary>
    public IReadOnlyList<BootMarks> Marks { get; init; } = [];
}
