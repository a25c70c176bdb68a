using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Slab;

namespace Pagewise.Kernel.PageCache;

/// <summary>
/// Frees nodes of files' page indices that keep nothing but shadows, when they are more than refaults can make use of: beyond one
/// for every eight pages of a cgroup and node (count_shadow_nodes, scan_shadow_nodes; mm/workingset.c).
/// </summary>
/// <remarks>
/// Simplified: with more than one node, a cgroup's kernel objects count in each. A file that is cached in name keeps in its
/// index which of its pages are not; that takes no kernel memory.
/// </remarks>
internal sealed class ShadowNodes : IShrinker
{
    /// <summary>XA_CHUNK_SHIFT − 3: a node of 64 slots stands for eight pages, as if one slot in eight held a shadow.</summary>
    private const int PagesPerNodeShift = 3;

    private readonly PageIndex _index;
    private readonly InodeTable _inodes;
    private readonly LruLists _lru;
    private readonly VmStat _stat;
    private readonly Func<int, LruStatus> _isolate;

    public ShadowNodes(PageIndex index, InodeTable inodes, LruLists lru, VmStat stat)
    {
        _index = index;
        _inodes = inodes;
        _lru = lru;
        _stat = stat;
        _isolate = Isolate;
    }

    public string Name => "scan_shadow_nodes";

    public int Seeks => 0;

    public int Batch => 128;

    public long CountObjects(in ShrinkControl control)
    {
        long nodes = _index.ShadowNodes.Count(control.Memcg, control.Node);
        if (nodes == 0)
            return 0;
        ref Lruvec lruvec = ref _lru[_lru.LruvecOf(control.Memcg, control.Node)];
        long pages = 0;
        for (int list = 0; list < Lruvec.ListCount; list++)
            pages += lruvec.OwnPages((LruList)list, ZoneTypes.Count - 1);
        pages += _lru.Memcgs.OwnStat(control.Memcg, MemcgStat.SlabReclaimableBytes) >> Hardware.Pfn.Shift;
        pages += _lru.Memcgs.OwnStat(control.Memcg, MemcgStat.SlabUnreclaimableBytes) >> Hardware.Pfn.Shift;
        return Math.Max(0, nodes - (pages >> PagesPerNodeShift));
    }

    public long ScanObjects(ref ShrinkControl control) =>
        _index.ShadowNodes.Walk(control.Memcg, control.Node, control.NrToScan, _isolate);

    /// <summary>shadow_lru_isolate.</summary>
    private LruStatus Isolate(int node)
    {
        int inode = _index.OwnerOf(node, out int memcg);
        ref Inode file = ref _inodes.Inodes[inode];
        file.ShadowPages -= _index.DropShadows(ref file.Pages, node, Math.Min(file.WarmPages, file.SizePages));
        _stat.WorkingsetNodeReclaim++;
        _lru.Memcgs.Count(memcg, MemcgStat.WorkingsetNodeReclaim, 1);
        _inodes.AddUnused(inode, isPut: false);
        return LruStatus.RemovedRetry;
    }
}
