using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Slab;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.PageCache;

/// <summary>All inodes of a machine, with their names; each stands in an object of its file system's cache, and has one dentry, as long as they are in memory.</summary>
/// <param name="caches">Where the objects come from.</param>
public sealed partial class InodeTable(KmemCaches caches) : IDisposable
{
    private const int Capacity = 1 << 22;

    private readonly NativeArray<ulong> _objects = new(Capacity + 1);
    private readonly NativeArray<ulong> _dentries = new(Capacity + 1);
    private readonly List<string> _names = [""];
    private uint _nextGeneration;

    /// <summary>The last error of write-back of any file of the disk (s_wb_err), an <see cref="Errseq"/>.</summary>
    internal uint WbErr { get; set; }

    /// <summary>The inodes; index 0 is none.</summary>
    public Arena<Inode> Inodes { get; } = new(Capacity);

    /// <summary>Adds the kernel objects in use to a list.</summary>
    public void CollectObjects(List<ulong> into)
    {
        for (int id = 1; id < Inodes.HighWater; id++)
        {
            if (_objects[id] != 0)
                into.Add(_objects[id]);
            if (_dentries[id] != 0)
                into.Add(_dentries[id]);
        }
    }

    /// <summary>Whether files are in the page cache from the start; read when an inode is made.</summary>
    public bool IsWarm { get; set; } = true;

    /// <summary>Makes an inode with one reference.</summary>
    /// <param name="name">The path as /proc/PID/maps shows it, without " (deleted)".</param>
    /// <param name="kind">What backs it.</param>
    /// <param name="device">Major &lt;&lt; 16 | minor.</param>
    /// <param name="number">The inode number.</param>
    /// <param name="sizeBytes">The size.</param>
    /// <param name="mayLackObjects">The file is there even when no memory is left for its objects: a recording names it.</param>
    /// <returns>0 when no memory is left.</returns>
    public int Create(string name, InodeKind kind, uint device, ulong number, ulong sizeBytes, bool mayLackObjects = false)
    {
        ulong dentry = caches.Dentry.Allocate(Gfp.Kernel);
        ulong item = dentry == 0 ? 0 : CacheOf(kind).Allocate(Gfp.Kernel);
        if (item == 0 && dentry != 0)
        {
            caches.Free(dentry);
            dentry = 0;
        }

        int id = item == 0 && !mayLackObjects ? 0 : Inodes.Allocate();
        if (id == 0)
        {
            PutObjects(item, dentry);
            return 0;
        }

        _objects[id] = item;
        _dentries[id] = dentry;
        ref Inode inode = ref Inodes[id];
        inode.Device = device;
        inode.Number = number;
        inode.Generation = _nextGeneration++;
        inode.SizeBytes = sizeBytes;
        inode.Kind = kind;
        inode.Pages.Owner = kind == InodeKind.Regular ? id : 0;
        inode.RefCount = 1;
        inode.WarmPages = IsWarm && kind == InodeKind.Regular ? ulong.MaxValue >> 12 : 0;
        inode.Name = _names.Count;
        _names.Add(name);
        return id;
    }

    /// <summary>The name of an inode.</summary>
    public string NameOf(int inode) => _names[Inodes[inode].Name];

    /// <summary>Gives an inode another name: a recording may show a file before it shows its path.</summary>
    public void Rename(int inode, string name)
    {
        Inodes[inode].Name = _names.Count;
        _names.Add(name);
    }

    /// <summary>Ends an inode that nothing refers to and that has no cached pages (destroy_inode).</summary>
    public void Free(int inode)
    {
        _ = Dentries.Remove(inode);
        _ = Unused.Remove(inode);
        PutObjects(_objects[inode], _dentries[inode]);
        _dentries[inode] = 0;
        _objects[inode] = 0;
        Inodes.Free(inode);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Inodes.Dispose();
        _objects.Dispose();
        _dentries.Dispose();
        Dentries.Dispose();
        Unused.Dispose();
    }

    private void PutObjects(ulong item, ulong dentry)
    {
        if (dentry != 0)
            caches.Free(dentry);
        if (item != 0)
            caches.Free(item);
    }

    // A device file's inode is devtmpfs's, which is shmem.
    private KmemCache CacheOf(InodeKind kind) => kind switch
    {
        InodeKind.Regular => caches.Ext4Inode,
        InodeKind.Shmem or InodeKind.DevZero => caches.ShmemInode,
        InodeKind.HugeTlb => caches.HugeTlbInode,
        _ => caches.Inode,
    };
}
