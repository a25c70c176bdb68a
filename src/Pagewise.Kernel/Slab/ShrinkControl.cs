using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Slab;

/// <summary>What reclaim asks of a shrinker (struct shrink_control).</summary>
public struct ShrinkControl
{
    /// <summary>The flags of the allocation that reclaims: without <see cref="Gfp.Fs"/> file systems are left alone.</summary>
    public Gfp Gfp;

    /// <summary>The node (nid).</summary>
    public int Node;

    /// <summary>The cgroup that pays for the objects, the root included (memcg).</summary>
    public int Memcg;

    /// <summary>Whether kswapd reclaims (current_is_kswapd).</summary>
    public bool IsKswapd;

    /// <summary>Objects to look at (nr_to_scan).</summary>
    public long NrToScan;

    /// <summary>Objects looked at (nr_scanned).</summary>
    public long NrScanned;
}
