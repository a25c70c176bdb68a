namespace Pagewise.Procfs;

/// <summary>A cache in /proc/slabinfo.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ActiveObjects">Objects that are not free in a node's partial slabs.</param>
/// <param name="Objects">Objects of all slabs.</param>
/// <param name="SizeBytes">Bytes that an object takes.</param>
/// <param name="ObjectsPerSlab">Objects of a slab.</param>
/// <param name="PagesPerSlab">Pages of a slab.</param>
/// <param name="ActiveSlabs">Slabs.</param>
/// <param name="Slabs">Slabs: SLUB shows the same number twice.</param>
public sealed record SlabinfoCache(string Name, long ActiveObjects, long Objects, int SizeBytes, int ObjectsPerSlab, int PagesPerSlab, long ActiveSlabs, long Slabs);
