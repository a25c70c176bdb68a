using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.Reclaim;

/// <summary>How far a pass over the lruvecs of a node has come (the locals of shrink_node_memcgs and shrink_lruvec), so that it can stop and go on.</summary>
internal struct LruvecScan
{
    /// <summary>Lists that reclaim scans.</summary>
    public const int ListCount = 4;

    /// <summary>The cgroup whose lists are scanned; 0: none yet.</summary>
    public int Memcg;

    /// <summary>Its lruvec.</summary>
    public int Lruvec;

    /// <summary>Pages still to scan, by list.</summary>
    public Counts Nr;

    /// <summary>Pages to scan at first, by list.</summary>
    public Counts Targets;

    /// <summary>Pages reclaimed.</summary>
    public long NrReclaimed;

    /// <summary>Whether all lists are scanned by the same part, even when enough is reclaimed.</summary>
    public bool IsProportional;

    /// <summary>Of generations: pages looked at.</summary>
    public long NrScanned;

    /// <summary>Of generations: the youngest at the start.</summary>
    public ulong MaxSeq;

    /// <summary>Of generations: pages that the reclaim had reclaimed at the start.</summary>
    public long ReclaimedBefore;

    /// <summary>Of generations: a new one was due in the last round.</summary>
    public bool NeedsAging;

    /// <summary>Of generations: anonymous pages were evicted.</summary>
    public bool NeedsSwapping;

    /// <summary>Of generations: there was nothing to evict.</summary>
    public bool IsAborted;

    /// <summary>A number for each list.</summary>
    [InlineArray(ListCount)]
    public struct Counts
    {
        private long _first;
    }
}
