namespace Pagewise.Kernel.Reclaim;

/// <summary>What reclaim has found out about a node (enum pgdat_flags).</summary>
internal struct NodeFlags
{
    /// <summary>Every page that was isolated was under writeback (PGDAT_WRITEBACK).</summary>
    public bool Writeback;

    /// <summary>Many dirty pages of files at the end of the list that nobody writes: kswapd may (PGDAT_DIRTY).</summary>
    public bool Dirty;
}
