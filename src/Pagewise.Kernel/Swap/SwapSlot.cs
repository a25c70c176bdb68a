namespace Pagewise.Kernel.Swap;

/// <summary>What is known of a slot of swap: its use (swap_map) and what the swap cache has for it. 16 bytes.</summary>
internal struct SwapSlot
{
    /// <summary>The frame in the swap cache, or the shadow that it left; 0: neither.</summary>
    public ulong Cache;

    /// <summary>Entries of page tables and of shared memory that name it (swap_map without SWAP_HAS_CACHE).</summary>
    public uint Count;

    /// <summary>The cgroup that pays for it (swap_cgroup); 0: none.</summary>
    public ushort Memcg;

    /// <summary>Whether the swap cache, or a CPU that keeps free slots, has it (SWAP_HAS_CACHE).</summary>
    public bool HasCache;

    /// <summary>Whether bytes were written to it; else it reads as zeroes.</summary>
    public bool HasData;
}
