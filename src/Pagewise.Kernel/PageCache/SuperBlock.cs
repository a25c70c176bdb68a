using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Slab;

namespace Pagewise.Kernel.PageCache;

/// <summary>
/// The disk's file system as a shrinker (super_cache_count, super_cache_scan; fs/super.c, 6.1): names without users, then inodes
/// without names, pages or anything to write. What was used while it stood in its list gets another turn.
/// </summary>
/// <remarks>
/// Simplified: all files on disks are of one file system; no directories, no names of files that are not there. Files that are
/// cached in name from the start of the machine keep their inodes. Locks are free.
/// </remarks>
internal sealed class SuperBlock : IShrinker
{
    private readonly InodeTable _inodes;
    private readonly FilePages _pages;
    private readonly VmStat _stat;
    private readonly List<int> _freeable = [];
    private readonly Func<int, LruStatus> _isolateDentry;
    private readonly Func<int, LruStatus> _isolateInode;
    private bool _isKswapd;

    public SuperBlock(InodeTable inodes, FilePages pages, VmStat stat)
    {
        _inodes = inodes;
        _pages = pages;
        _stat = stat;
        _isolateDentry = IsolateDentry;
        _isolateInode = IsolateInode;
    }

    /// <summary>vm.vfs_cache_pressure, %: by how much more or less than pages names and inodes are reclaimed; 0: not at all.</summary>
    public int VfsCachePressure { get; set; } = 100;

    public string Name => "super_cache_scan";

    public int Seeks => 2;

    public int Batch => 1024;

    public long CountObjects(in ShrinkControl control) =>
        (_inodes.Dentries.Count(control.Memcg, control.Node) + _inodes.Unused.Count(control.Memcg, control.Node)) * VfsCachePressure / 100;

    public long ScanObjects(ref ShrinkControl control)
    {
        if ((control.Gfp & Gfp.Fs) == 0)
            return IShrinker.Stop;
        _isKswapd = control.IsKswapd;
        long dentries = _inodes.Dentries.Count(control.Memcg, control.Node);
        long inodes = _inodes.Unused.Count(control.Memcg, control.Node);
        long total = dentries + inodes + 1;
        long freed = _inodes.Dentries.Walk(control.Memcg, control.Node, (control.NrToScan * dentries / total) + 1, _isolateDentry);
        foreach (int inode in _freeable)
            _inodes.FreeDentry(inode);
        _freeable.Clear();
        freed += _inodes.Unused.Walk(control.Memcg, control.Node, (control.NrToScan * inodes / total) + 1, _isolateInode);
        // Those isolated last are first.
        for (int i = _freeable.Count - 1; i >= 0; i--)
            _inodes.Evict(_freeable[i]);
        _freeable.Clear();
        return freed;
    }

    /// <summary>dentry_lru_isolate.</summary>
    private LruStatus IsolateDentry(int inode)
    {
        ref Inode file = ref _inodes.Inodes[inode];
        bool isUnused = _inodes.IsUnused(inode);
        if (isUnused && file.IsDentryReferenced)
        {
            file.IsDentryReferenced = false;
            return LruStatus.Rotate;
        }

        _ = _inodes.Dentries.Remove(inode);
        if (isUnused)
            _freeable.Add(inode);
        return LruStatus.Removed;
    }

    /// <summary>inode_lru_isolate. A file of one page that reclaim took has a shadow left, which goes first.</summary>
    private LruStatus IsolateInode(int inode)
    {
        ref Inode file = ref _inodes.Inodes[inode];
        if (!_inodes.IsUnused(inode) || !_inodes.MayGo(inode))
        {
            _ = _inodes.Unused.Remove(inode);
            return LruStatus.Removed;
        }

        if (file.IsReferenced)
        {
            file.IsReferenced = false;
            return LruStatus.Rotate;
        }

        if (file.Pages.Head != 0)
        {
            _pages.Remove(inode, 0);
            if (_isKswapd)
                _stat.KswapdInodeSteal++;
            else
                _stat.PgInodeSteal++;
            _stat.ReclaimedSlab++;
            // The reference held meanwhile was the last.
            _inodes.AddUnused(inode, isPut: true);
            return LruStatus.Retry;
        }

        _ = _inodes.Unused.Remove(inode);
        _freeable.Add(inode);
        return LruStatus.Removed;
    }
}
