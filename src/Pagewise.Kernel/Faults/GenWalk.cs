namespace Pagewise.Kernel.Faults;

/// <summary>A walk of aging over page tables (struct lru_gen_mm_walk).</summary>
internal struct GenWalk
{
    /// <summary>The lruvec that is aged: a cgroup on a node.</summary>
    public int Lruvec;

    /// <summary>The youngest generation, to which used pages go (max_seq).</summary>
    public ulong MaxSeq;

    /// <summary>Whether swap-backed pages can be evicted, so that it makes sense to look at them.</summary>
    public bool CanSwap;

    /// <summary>Whether tables are looked at that the Bloom filter has not.</summary>
    public bool ForceScan;
}
