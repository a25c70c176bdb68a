namespace Pagewise.Kernel.Reclaim;

/// <summary>What one pass over a node met (scan_control.nr).</summary>
internal struct ScanCounts
{
    /// <summary>Dirty or under writeback.</summary>
    public long Dirty;

    /// <summary>Dirty and not being written.</summary>
    public long UnqueuedDirty;

    /// <summary>Under writeback and met for the second time.</summary>
    public long Congested;

    /// <summary>Under writeback.</summary>
    public long Writeback;

    /// <summary>Under writeback, marked to be freed at its end, and met again while the node is full of such.</summary>
    public long Immediate;

    /// <summary>Isolated.</summary>
    public long Taken;

    /// <summary>Isolated pages of files.</summary>
    public long FileTaken;

    /// <summary>Anonymous pages that go to the active list (nr_activate of reclaim_stat).</summary>
    public long ActivateAnon;

    /// <summary>Pages of files that go to the active list.</summary>
    public long ActivateFile;

    /// <summary>Kept, for they were used once (nr_ref_keep).</summary>
    public long RefKeep;

    /// <summary>Still mapped after all (nr_unmap_fail).</summary>
    public long UnmapFail;

    /// <summary>Written by this pass (nr_pageout of reclaim_stat).</summary>
    public long Pageout;
}
