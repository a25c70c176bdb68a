using Pagewise.NativeMemory;

namespace Pagewise.Kernel.PageCache;

/// <summary>All inodes of a machine, with their names.</summary>
public sealed class InodeTable : IDisposable
{
    private readonly List<string> _names = [""];
    private uint _nextGeneration;

    /// <summary>The inodes; index 0 is none.</summary>
    public Arena<Inode> Inodes { get; } = new(1 << 22);

    /// <summary>Whether files are in the page cache from the start; read when an inode is made.</summary>
    public bool IsWarm { get; set; } = true;

    /// <summary>Makes an inode with one reference.</summary>
    /// <param name="name">The path as /proc/PID/maps shows it, without " (deleted)".</param>
    /// <param name="kind">What backs it.</param>
    /// <param name="device">Major &lt;&lt; 16 | minor.</param>
    /// <param name="number">The inode number.</param>
    /// <param name="sizeBytes">The size.</param>
    public int Create(string name, InodeKind kind, uint device, ulong number, ulong sizeBytes)
    {
        int id = Inodes.Allocate();
        if (id == 0)
            return 0;
        ref Inode inode = ref Inodes[id];
        inode.Device = device;
        inode.Number = number;
        inode.Generation = _nextGeneration++;
        inode.SizeBytes = sizeBytes;
        inode.Kind = kind;
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
    public void Free(int inode) => Inodes.Free(inode);

    /// <inheritdoc/>
    public void Dispose() => Inodes.Dispose();
}
