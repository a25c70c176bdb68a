namespace Pagewise.Kernel.Slab;

/// <summary>What kmem_cache_create is asked for.</summary>
/// <param name="Name">The name.</param>
/// <param name="ObjectBytes">Size of an object, 1 byte to 4 MiB.</param>
/// <param name="AlignBytes">Its alignment, a power of two; 0: a word's.</param>
/// <param name="Flags">SLAB_* flags.</param>
public readonly record struct KmemCacheSpec(string Name, int ObjectBytes, int AlignBytes, SlabFlags Flags);
