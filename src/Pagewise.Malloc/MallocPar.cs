namespace Pagewise.Malloc;

/// <summary>glibc's <c>struct malloc_par</c>, the one named <c>mp_</c>: parameters and the statistics of mapped chunks.</summary>
public struct MallocPar
{
    /// <summary><c>M_TRIM_THRESHOLD</c>: a top at least this large is given back by free, in bytes.</summary>
    public ulong TrimThreshold;

    /// <summary><c>M_TOP_PAD</c>: bytes asked for beyond the need when a heap grows, and kept when it is trimmed.</summary>
    public ulong TopPad;

    /// <summary><c>M_MMAP_THRESHOLD</c>: chunks at least this large are mapped on their own, in bytes.</summary>
    public ulong MmapThreshold;

    /// <summary><c>M_ARENA_TEST</c>: the arena limit is worked out from the CPU count once there are more arenas.</summary>
    public ulong ArenaTest;

    /// <summary><c>M_ARENA_MAX</c>: the arena limit; 0 means by the CPU count.</summary>
    public ulong ArenaMax;

    /// <summary>Transparent huge page size used with <c>glibc.malloc.hugetlb=1</c>, in bytes; 0 is off.</summary>
    public ulong ThpPagesize;

    /// <summary>hugetlb page size used with <c>glibc.malloc.hugetlb</c> of 2 or more, in bytes; 0 is off.</summary>
    public ulong HpPagesize;

    /// <summary>Mapped chunks now.</summary>
    public int NMmaps;

    /// <summary><c>M_MMAP_MAX</c>: the most mapped chunks.</summary>
    public int NMmapsMax;

    /// <summary>The most mapped chunks there ever were.</summary>
    public int MaxNMmaps;

    /// <summary>Whether freeing a mapped chunk no longer raises the thresholds (a threshold was set by hand).</summary>
    public bool NoDynThreshold;

    /// <summary>Bytes in mapped chunks now.</summary>
    public ulong MmappedMem;

    /// <summary>The most bytes there ever were in mapped chunks.</summary>
    public ulong MaxMmappedMem;

    /// <summary>The first address the break gave, 0 before.</summary>
    public ulong SbrkBase;

    /// <summary>tcache bins of small chunks in use.</summary>
    public ulong TcacheBins;

    /// <summary>Chunks of this size and above bypass the tcache, in bytes.</summary>
    public ulong TcacheLimit;

    /// <summary>The largest request the tcache keeps, in bytes.</summary>
    public ulong TcacheMaxBytes;

    /// <summary>Chunks a tcache bin holds.</summary>
    public ulong TcacheCount;

    /// <summary>Chunks the unsorted search may sort before it returns one that it put aside in the tcache; 0 is no limit.</summary>
    public ulong TcacheUnsortedLimit;
}
