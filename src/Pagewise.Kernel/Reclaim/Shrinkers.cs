using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Slab;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Reclaim;

/// <summary>
/// Reclaim of kernel objects (shrink_slab; mm/vmscan.c, from 6.7 on mm/shrinker.c, with the same rules): each pass over the lists
/// of a node and a cgroup asks every shrinker for its share.
/// </summary>
/// <remarks>Simplified: all shrinkers that are modelled know nodes and cgroups; none is busy when it is asked.</remarks>
public sealed class Shrinkers : IDisposable
{
    private readonly List<IShrinker> _shrinkers = [];
    private readonly List<NativeArray<long>> _deferred = [];
    private readonly MemCgroups _memcgs;
    private readonly VmStat _stat;
    private readonly int _nodes;

    /// <summary>None yet.</summary>
    /// <param name="memcgs">The cgroups that pay for objects.</param>
    /// <param name="nodes">Nodes of the machine.</param>
    /// <param name="stat">Counters.</param>
    public Shrinkers(MemCgroups memcgs, int nodes, VmStat stat)
    {
        _memcgs = memcgs;
        _nodes = nodes;
        _stat = stat;
        memcgs.Reparent += ReparentDeferred;
    }

    /// <summary>Who listens; null: nobody.</summary>
    public IVmscanTracepoints? Tracepoints { get; set; }

    /// <summary>Adds a shrinker after all others (register_shrinker).</summary>
    public void Register(IShrinker shrinker)
    {
        _shrinkers.Add(shrinker);
        _deferred.Add(new NativeArray<long>(((ulong)PageFrame.MostMemcg + 1) * (ulong)_nodes));
    }

    /// <summary>Asks every shrinker for its share (shrink_slab). A removed cgroup has no objects of its own any more.</summary>
    /// <param name="gfp">The allocation's flags.</param>
    /// <param name="node">The node.</param>
    /// <param name="memcg">The cgroup, the root included.</param>
    /// <param name="priority">How hard to try, 12 to 0.</param>
    /// <param name="isKswapd">Whether kswapd reclaims.</param>
    /// <returns>Objects freed.</returns>
    public long ShrinkSlab(Gfp gfp, int node, int memcg, int priority, bool isKswapd)
    {
        if (!_memcgs[memcg].IsOnline)
            return 0;
        long freed = 0;
        for (int number = 0; number < _shrinkers.Count; number++)
            freed += Shrink(number, new ShrinkControl { Gfp = gfp, Node = node, Memcg = memcg, IsKswapd = isKswapd }, priority);
        return freed;
    }

    /// <summary>vm.drop_caches = 2: everything that can go, again and again until hardly anything does (drop_slab).</summary>
    public void DropSlab()
    {
        long freed;
        int shift = 0;
        do
        {
            freed = 0;
            for (int node = 0; node < _nodes; node++)
            {
                for (int memcg = _memcgs.Next(0, 0); memcg != 0; memcg = _memcgs.Next(0, memcg))
                    freed += ShrinkSlab(Gfp.Kernel, node, memcg, priority: 0, isKswapd: false);
            }
        }
        while (freed >> shift++ > 1);
        _stat.DropSlab++;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (NativeArray<long> deferred in _deferred)
            deferred.Dispose();
    }

    /// <summary>
    /// One shrinker's share (do_shrink_slab): objects that can go by 1/2^priority, fewer the more seeks one costs, and half of
    /// those that cost none. Less than a batch is put off, unless it is all there are.
    /// </summary>
    private long Shrink(int number, ShrinkControl control, int priority)
    {
        IShrinker shrinker = _shrinkers[number];
        long freeable = shrinker.CountObjects(in control);
        if (freeable == 0)
            return 0;
        ref long left = ref _deferred[number][(control.Memcg * _nodes) + control.Node];
        long deferred = left;
        left = 0;
        long delta = shrinker.Seeks != 0 ? (freeable >> priority) * 4 / shrinker.Seeks : freeable / 2;
        long toScan = Math.Min((deferred >> priority) + delta, 2 * freeable);
        Tracepoints?.MmShrinkSlabStart(new SlabShrinkStart(shrinker.Name, number + 1, control.Node, control.IsKswapd, deferred, control.Gfp, freeable, delta, toScan, priority));
        long scanned = 0;
        long freed = 0;
        while (toScan >= shrinker.Batch || toScan >= freeable)
        {
            control.NrToScan = Math.Min(shrinker.Batch, toScan);
            control.NrScanned = control.NrToScan;
            long gone = shrinker.ScanObjects(ref control);
            if (gone == IShrinker.Stop)
                break;
            freed += gone;
            _stat.SlabsScanned += control.NrScanned;
            toScan -= control.NrScanned;
            scanned += control.NrScanned;
        }

        // Whoever frees on the way may have added to it.
        left += Math.Min(Math.Max(deferred + delta - scanned, 0), 2 * freeable);
        Tracepoints?.MmShrinkSlabEnd(new SlabShrinkEnd(shrinker.Name, number + 1, control.Node, control.IsKswapd, deferred, left, toScan, freed));
        return freed;
    }

    /// <summary>What was put off for a cgroup that goes is its parent's (reparent_shrinker_deferred).</summary>
    private void ReparentDeferred(int from, int to)
    {
        foreach (NativeArray<long> deferred in _deferred)
        {
            for (int node = 0; node < _nodes; node++)
            {
                deferred[(to * _nodes) + node] += deferred[(from * _nodes) + node];
                deferred[(from * _nodes) + node] = 0;
            }
        }
    }
}
