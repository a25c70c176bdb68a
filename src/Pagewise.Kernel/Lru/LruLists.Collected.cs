using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Lru;

/// <content>
/// Statistics of cgroups are counted a CPU and added up only now and then (cgroup rstat, mm/memcontrol.c, 6.1). Reclaim and
/// refaults go by the sums, so they see lists as they were. The machine as a whole is the root cgroup: it holds there too.
/// </content>
public sealed partial class LruLists
{
    /// <summary>MEMCG_CHARGE_BATCH: after more updates than this a CPU says so.</summary>
    private const long UpdateBatch = 64;

    /// <summary>FLUSH_TIME: 2 s.</summary>
    private const double CollectEveryNs = 2e9;

    private long _listUpdates;
    private long _collectedUpdates;
    private double _nextCollectNs;

    /// <summary>The clock, for what is collected every 2 s; null: no time passes.</summary>
    internal Clock? Clock { get; set; }

    /// <summary>
    /// Updates of statistics: pages that moved between lists, faults, pages scanned, reclaimed and transferred, each with
    /// the counters that Linux moves for it. Linux counts them a CPU and a batch.
    /// </summary>
    private long Updates =>
        _listUpdates + (2 * _stat.PgFault) + _stat.PgMajFault + _stat.PgScanKswapd + _stat.PgScanDirect + (3 * (_stat.PgStealKswapd + _stat.PgStealDirect))
        + _stat.PgRefill + _stat.PgActivate + _stat.PgDeactivate + (3 * _stat.PswpIn) + (4 * _stat.PswpOut);

    /// <summary>Collects the statistics if more than a batch a CPU and one more are outstanding (mem_cgroup_flush_stats), or if their time has come.</summary>
    internal void Collect()
    {
        long updates = Updates;
        if (updates - _collectedUpdates <= UpdateBatch * (_zones.CpuCount + 1) && !IsTimeToCollect())
            return;
        _collectedUpdates = updates;
        for (int memcg = _memcgs.Next(0, 0); memcg != 0; memcg = _memcgs.Next(0, memcg))
        {
            for (int node = 0; node < _nodes; node++)
            {
                ref Lruvec lruvec = ref _lruvecs[LruvecOf(memcg, node)];
                lruvec.CollectedTotals = lruvec.Totals;
                lruvec.CollectedActivatedAnon = lruvec.ActivatedAnon;
                lruvec.CollectedActivatedFile = lruvec.ActivatedFile;
            }
        }
    }

    /// <summary>Collects what is due by the clock (flush_memcg_stats_dwork).</summary>
    private void CollectByTime()
    {
        if (Clock is not null && Clock.NowNs >= _nextCollectNs)
            Collect();
    }

    private bool IsTimeToCollect()
    {
        double now = Clock?.NowNs ?? 0;
        if (now < _nextCollectNs)
            return false;
        _nextCollectNs = now + CollectEveryNs;
        return true;
    }
}
