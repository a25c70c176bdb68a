namespace Pagewise.Kernel.Block;

/// <summary>Sectors of a block device, 512 bytes each.</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last.</param>
public readonly record struct SectorRange(ulong First, ulong Last);
