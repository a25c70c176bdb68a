namespace Pagewise.Kernel.Lru;

/// <summary>What of the multi-generational LRU is on: the bits of /sys/kernel/mm/lru_gen/enabled (enum lru_gen caps, include/linux/mmzone.h).</summary>
[Flags]
public enum LruGenCaps
{
    /// <summary>The classic lists.</summary>
    None = 0,

    /// <summary>LRU_GEN_CORE: generations in place of active and inactive lists.</summary>
    Core = 1,

    /// <summary>LRU_GEN_MM_WALK: aging looks at page tables for accessed bits. Without it only the neighbours of what eviction meets are looked at.</summary>
    MmWalk = 2,

    /// <summary>LRU_GEN_NONLEAF_YOUNG: page tables whose own entry was not used are passed over.</summary>
    NonleafYoung = 4,

    /// <summary>All (0x0007).</summary>
    All = Core | MmWalk | NonleafYoung,
}
