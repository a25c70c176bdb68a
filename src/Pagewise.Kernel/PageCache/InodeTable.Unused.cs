using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Slab;

namespace Pagewise.Kernel.PageCache;

/// <content>
/// Names and inodes of files on the disk that nobody uses stay in memory until a shrinker takes them (fs/dcache.c, fs/inode.c):
/// the name first, for it holds the inode. Whoever uses one again leaves it in its list; a walk over the list takes it off.
/// </content>
public sealed partial class InodeTable
{
    /// <summary>Names that had no user when they were put here (s_dentry_lru), by the inode's number.</summary>
    internal ListLru Dentries { get; } = new(Capacity, caches.Dentry.NodeCount);

    /// <summary>Inodes without a name in memory, with no pages and nothing to write (s_inode_lru).</summary>
    internal ListLru Unused { get; } = new(Capacity, caches.Dentry.NodeCount);

    /// <summary>
    /// A file is to be used: its name and its inode are brought into memory where they are not (d_alloc, ext4_iget). Take the
    /// reference before, so that nobody takes one while the other is made. Reading them from the disk takes no time.
    /// </summary>
    /// <returns>False when no memory is left.</returns>
    internal bool Lookup(int inode)
    {
        if (_dentries[inode] == 0)
            _dentries[inode] = caches.Dentry.Allocate(Gfp.Kernel);
        if (_objects[inode] == 0)
            _objects[inode] = CacheOf(Inodes[inode].Kind).Allocate(Gfp.Kernel);
        return _dentries[inode] != 0 && _objects[inode] != 0;
    }

    /// <summary>The last user of a file that has a name is gone (dput, retain_dentry): once more, if it stood in the list already.</summary>
    internal void PutUnused(int inode)
    {
        if (!IsUnused(inode) || _dentries[inode] == 0)
            return;
        if (!Dentries.Add(inode, caches.Dentry.MemcgOf(_dentries[inode]), caches.Dentry.NodeOf(_dentries[inode])))
            Inodes[inode].IsDentryReferenced = true;
    }

    /// <summary>Whether nobody uses a file of the disk that has a name.</summary>
    internal bool IsUnused(int inode)
    {
        ref Inode file = ref Inodes[inode];
        return file.RefCount == 1 && !file.IsDeleted && file.Kind == InodeKind.Regular;
    }

    /// <summary>Takes the name of a file that nobody uses out of memory (__dentry_kill); the inode is without it.</summary>
    internal void FreeDentry(int inode)
    {
        caches.Dentry.Free(_dentries[inode]);
        _dentries[inode] = 0;
        AddUnused(inode, isPut: true);
    }

    /// <summary>
    /// Lists an inode that nobody uses, whose name is not in memory, and that has neither pages nor anything to write
    /// (inode_add_lru): when its name goes or its last page does.
    /// </summary>
    /// <param name="inode">The inode.</param>
    /// <param name="isPut">Its last reference went: one that is listed already was used (__inode_add_lru with rotate).</param>
    internal void AddUnused(int inode, bool isPut)
    {
        if (!IsUnused(inode) || _dentries[inode] != 0 || _objects[inode] == 0 || !MayGo(inode))
            return;
        KmemCache cache = CacheOf(InodeKind.Regular);
        if (!Unused.Add(inode, cache.MemcgOf(_objects[inode]), cache.NodeOf(_objects[inode])) && isPut)
            Inodes[inode].IsReferenced = true;
    }

    /// <summary>Whether an inode without users could leave memory: nothing is to be written, and of its pages one shadow is left at most (mapping_shrinkable).</summary>
    internal bool MayGo(int inode)
    {
        ref Inode file = ref Inodes[inode];
        bool isCachedInName = Math.Min(file.WarmPages, file.SizePages) != 0;
        return file.DirtyPages == 0 && !isCachedInName && (file.Pages.Head == 0 || (file.Pages.Height == 0 && XaNode.IsValue(file.Pages.Head)));
    }

    /// <summary>Takes an inode that nobody uses out of memory (evict); the file stays on the disk.</summary>
    internal void Evict(int inode)
    {
        CacheOf(InodeKind.Regular).Free(_objects[inode]);
        _objects[inode] = 0;
        ref Inode file = ref Inodes[inode];
        file.KnownExtents = 0;
        file.WritebackIndex = 0;
        file.WbErr = 0;
        file.IsReferenced = false;
    }

    /// <summary>Checks the lists of what nobody uses.</summary>
    /// <exception cref="InvalidOperationException">Something stands where it does not belong.</exception>
    internal void ValidateUnused()
    {
        Dentries.Validate(inode => (caches.Dentry.MemcgOf(_dentries[inode]), caches.Dentry.NodeOf(_dentries[inode])));
        Unused.Validate(inode => (caches.Ext4Inode.MemcgOf(_objects[inode]), caches.Ext4Inode.NodeOf(_objects[inode])));
        for (int inode = 1; inode < Inodes.HighWater; inode++)
        {
            bool hasName = _dentries[inode] != 0;
            bool isUnused = IsUnused(inode);
            if ((Dentries.Contains(inode) && !hasName) || (Unused.Contains(inode) && _objects[inode] == 0))
                throw new InvalidOperationException($"inode {inode} is listed and not in memory");
            if (isUnused && !hasName && _objects[inode] != 0 && Inodes[inode].WarmPages == 0 && MayGo(inode) && !Unused.Contains(inode))
                throw new InvalidOperationException($"inode {inode} could leave memory, and is not listed");
            if (Inodes[inode].Pages.Head != 0 && _objects[inode] == 0 && isUnused)
                throw new InvalidOperationException($"inode {inode} has pages, and is not in memory");
        }
    }
}
