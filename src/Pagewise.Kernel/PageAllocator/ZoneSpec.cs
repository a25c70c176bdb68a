namespace Pagewise.Kernel.PageAllocator;

/// <summary>One populated zone as a machine file or a zoneinfo states it.</summary>
/// <param name="Node">The node's number.</param>
/// <param name="Type">Which zone.</param>
/// <param name="StartPfn">The first frame (zone_start_pfn).</param>
/// <param name="SpannedPages">Frames from the first to the last, holes included.</param>
/// <param name="PresentPages">Frames that exist.</param>
/// <param name="ManagedPages">Frames that the buddy allocator got: present less what boot reserved.</param>
public sealed record ZoneSpec(int Node, ZoneType Type, uint StartPfn, ulong SpannedPages, ulong PresentPages, ulong ManagedPages);
