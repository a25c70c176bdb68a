using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.PageCache;
using Pagewise.Kernel.Slab;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Mappings;

/// <summary>
/// Open files and what keeps inodes alive: a file table (fs/file_table.c), and the areas of each inode (i_mmap).
/// </summary>
public sealed class OpenFiles : IDisposable
{
    private readonly AddressSpaceArenas _spaces;
    private readonly InodeTable _inodes;
    private readonly PageTables _pageTables;
    private readonly Readahead _readahead;
    private readonly MmAccount _account;
    private readonly MappingList _mappings;
    private readonly SlabArena<OpenFile> _slab;

    /// <summary>Makes an empty table.</summary>
    /// <param name="spaces">The areas that map files.</param>
    /// <param name="inodes">The inodes.</param>
    /// <param name="pageTables">Told when an inode's pages go.</param>
    /// <param name="readahead">Where files that are opened begin their readahead.</param>
    /// <param name="caches">Where the objects come from (filp).</param>
    /// <param name="account">Gets back what shared memory was charged.</param>
    public OpenFiles(AddressSpaceArenas spaces, InodeTable inodes, PageTables pageTables, Readahead readahead, KmemCaches caches, MmAccount account)
    {
        _spaces = spaces;
        _inodes = inodes;
        _pageTables = pageTables;
        _readahead = readahead;
        _account = account;
        _slab = new SlabArena<OpenFile>(1 << 22, caches.Filp);
        _mappings = new MappingList(spaces, inodes);
    }

    /// <summary>The open files; index 0 is none.</summary>
    public Arena<OpenFile> Files => _slab.Items;

    /// <summary>Adds the kernel objects in use to a list.</summary>
    public void CollectObjects(List<ulong> into) => _slab.CollectObjects(into);

    /// <summary>Opens an inode: a file with one reference, which takes one on the inode. 0 when no memory is left.</summary>
    public int Open(int inode, OpenFlags flags)
    {
        int id = _slab.Allocate();
        if (id == 0)
            return 0;
        if (!GetInode(inode))
        {
            _slab.Free(id);
            return 0;
        }

        ref OpenFile file = ref Files[id];
        file.Inode = inode;
        file.Flags = flags;
        file.RefCount = 1;
        file.WbErr = Errseq.Sample(_inodes.Inodes[inode].WbErr);
        file.SbErr = Errseq.Sample(_inodes.WbErr);
        _readahead.Open(id);
        return id;
    }

    /// <summary>The error of write-back that an open file has not been told yet; it is now (file_check_and_advance_wb_err).</summary>
    public Errno TakeWritebackError(int file) => Errseq.CheckAndAdvance(ref _inodes.Inodes[Files[file].Inode].WbErr, ref Files[file].WbErr);

    /// <summary>The same for its whole file system (syncfs).</summary>
    public Errno TakeFileSystemError(int file)
    {
        uint sequence = _inodes.WbErr;
        Errno error = Errseq.CheckAndAdvance(ref sequence, ref Files[file].SbErr);
        _inodes.WbErr = sequence;
        return error;
    }

    /// <summary>Takes a reference (get_file).</summary>
    public void Get(int file) => Files[file].RefCount++;

    /// <summary>Drops a reference (fput).</summary>
    public void Put(int file)
    {
        if (--Files[file].RefCount != 0)
            return;
        int inode = Files[file].Inode;
        _slab.Free(file);
        PutInode(inode);
    }

    /// <summary>Takes a reference on an inode that is there by name (path_lookupat, iget). False when no memory is left for it.</summary>
    public bool GetInode(int inode)
    {
        _inodes.Inodes[inode].RefCount++;
        if (_inodes.Lookup(inode))
            return true;
        PutInode(inode);
        return false;
    }

    /// <summary>
    /// Drops a reference on an inode (dput, iput): the last one evicts its pages and ends it; the last but its name's leaves the
    /// file to the shrinker.
    /// </summary>
    public void PutInode(int inode)
    {
        ref Inode node = ref _inodes.Inodes[inode];
        if (--node.RefCount != 0)
        {
            _inodes.PutUnused(inode);
            return;
        }

        if (node.ChargedPages != 0)
            _account.Uncharge(node.ChargedPages);
        _pageTables.Truncate(inode, 0);
        _inodes.Free(inode);
    }

    /// <summary>Puts an area among those that map its inode (vma_link_file).</summary>
    public void LinkArea(int vma)
    {
        _mappings.Link(vma);
        ref readonly VmArea area = ref _spaces.Vmas[vma];
        if (IsSharedMayWrite(area.Flags))
            _inodes.Inodes[area.Inode].WritableMappings++;
    }

    /// <summary>Takes an area from those that map its inode (unlink_file_vma).</summary>
    public void UnlinkArea(int vma)
    {
        _mappings.Unlink(vma);
        ref readonly VmArea area = ref _spaces.Vmas[vma];
        if (IsSharedMayWrite(area.Flags))
            _inodes.Inodes[area.Inode].WritableMappings--;
    }

    /// <inheritdoc/>
    public void Dispose() => _slab.Dispose();

    private static bool IsSharedMayWrite(VmFlags flags) =>
        (flags & (VmFlags.Shared | VmFlags.MayWrite)) == (VmFlags.Shared | VmFlags.MayWrite);
}
