using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Mappings;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Tasks;

/// <summary>
/// System V shared memory (ipc/shm.c): segments are shmem inodes under an id and a key. Simplified: no groups, no huge
/// pages, and ids count up from 0.
/// </summary>
/// <param name="mappings">Maps segments.</param>
/// <param name="files">Open files: one for each attachment.</param>
/// <param name="inodes">Inodes.</param>
public sealed class SharedSegments(MemoryMappings mappings, OpenFiles files, InodeTable inodes)
{
    private const int IpcPrivate = 0;
    private const uint ModeMask = 0x1ff;
    private const uint Readable = 0x124;
    private const uint Writable = 0x92;
    private const uint Executable = 0x49;
    private const ulong PageSize = 4096;

    private readonly List<Segment> _segments = [];

    /// <summary>One segment.</summary>
    /// <param name="Key">The key; IPC_PRIVATE once removed.</param>
    /// <param name="Inode">The memory.</param>
    /// <param name="Name">The inode's name, which tells it from a later inode in the same place.</param>
    /// <param name="Mode">Access rights of owner, group and others.</param>
    /// <param name="IsRemoved">Whether only attachments keep it.</param>
    private record struct Segment(int Key, int Inode, int Name, uint Mode, bool IsRemoved);

    /// <summary>Whether an id names a segment: one that was removed lasts as long as it is attached somewhere.</summary>
    public bool Exists(int id)
    {
        if ((uint)id >= (uint)_segments.Count)
            return false;
        Segment segment = _segments[id];
        ref readonly Inode inode = ref inodes.Inodes[segment.Inode];
        return !segment.IsRemoved || (inode.RefCount != 0 && inode.Name == segment.Name);
    }

    /// <summary>shmget(2): finds a segment by key or makes one.</summary>
    public SysResult Get(in Current current, int key, ulong sizeBytes, ShmFlags flags)
    {
        int found = key == IpcPrivate ? -1 : _segments.FindIndex(segment => segment.Key == key);
        if (found >= 0)
        {
            if ((flags & (ShmFlags.Create | ShmFlags.Exclusive)) == (ShmFlags.Create | ShmFlags.Exclusive))
                return Errno.EEXIST;
            if (!MayAccess(in current, found, (uint)flags & ModeMask))
                return Errno.EACCES;
            return inodes.Inodes[_segments[found].Inode].SizeBytes < sizeBytes ? Errno.EINVAL : SysResult.Of((ulong)found);
        }

        if (key != IpcPrivate && (flags & ShmFlags.Create) == 0)
            return Errno.ENOENT;
        if (sizeBytes == 0 || sizeBytes > ulong.MaxValue - (1UL << 24))
            return Errno.EINVAL;
        int id = _segments.Count;
        int inode = mappings.CreateShmem(
            in current,
            $"/SYSV{(uint)key:x8}",
            (ulong)id,
            sizeBytes,
            (flags & ShmFlags.NoReserve) != 0 && mappings.MayOvercommit,
            out Errno error);
        if (inode == 0)
            return error;
        inodes.Inodes[inode].IsDeleted = true;
        _segments.Add(new Segment(key, inode, inodes.Inodes[inode].Name, (uint)flags & ModeMask, IsRemoved: false));
        return SysResult.Of((ulong)id);
    }

    /// <summary>shmat(2) (do_shmat).</summary>
    public SysResult Attach(in Current current, int id, ulong address, ShmFlags flags)
    {
        if (id < 0)
            return Errno.EINVAL;
        MapFlags mapFlags = MapFlags.Shared;
        if (address != 0)
        {
            if ((address & (PageSize - 1)) != 0)
            {
                if ((flags & ShmFlags.Round) == 0)
                    return Errno.EINVAL;
                address &= ~(PageSize - 1);
                if (address == 0 && (flags & ShmFlags.Remap) != 0)
                    return Errno.EINVAL;
            }

            mapFlags |= MapFlags.Fixed;
        }
        else if ((flags & ShmFlags.Remap) != 0)
        {
            return Errno.EINVAL;
        }

        if (!Exists(id))
            return Errno.EINVAL;
        bool isReadOnly = (flags & ShmFlags.ReadOnly) != 0;
        Prot prot = Prot.Read | (isReadOnly ? Prot.None : Prot.Write) | ((flags & ShmFlags.Exec) != 0 ? Prot.Exec : Prot.None);
        uint rights = Readable | (isReadOnly ? 0 : Writable) | ((flags & ShmFlags.Exec) != 0 ? Executable : 0);
        if (!MayAccess(in current, id, rights))
            return Errno.EACCES;
        int inode = _segments[id].Inode;
        ulong size = inodes.Inodes[inode].SizeBytes;
        if (address != 0 && (flags & ShmFlags.Remap) == 0
            && (address + size < address || mappings.Tree.FindIntersection(current.Mm, address, address + size) != 0))
            return Errno.EINVAL;
        int file = files.Open(inode, isReadOnly ? OpenFlags.ReadOnly : OpenFlags.ReadWrite);
        if (file == 0)
            return Errno.ENOMEM;
        files.Files[file].IsShm = true;
        SysResult result = mappings.Mmap(in current, file, address, size, prot, mapFlags, 0);
        files.Put(file);
        return result;
    }

    /// <summary>Whether a segment grants the caller what it asks for (ipcperms): the owner's bits or the others'.</summary>
    private bool MayAccess(in Current current, int id, uint wanted)
    {
        uint granted = _segments[id].Mode;
        if (current.Uid == inodes.Inodes[_segments[id].Inode].OwnerUid)
            granted >>= 6;
        wanted = (wanted >> 6) | (wanted >> 3) | wanted;
        return (wanted & ~granted & 7) == 0 || current.Uid == 0;
    }

    /// <summary>shmdt(2): unmaps what is left of the attachment that began at an address.</summary>
    public SysResult Detach(in Current current, ulong address) =>
        (address & (PageSize - 1)) != 0 ? Errno.EINVAL : mappings.UnmapAttachment(in current, address);

    /// <summary>shmctl(IPC_RMID): the key ends; the id and the memory end with the last attachment.</summary>
    public void Remove(int id)
    {
        Segment segment = _segments[id];
        if (segment.IsRemoved)
            return;
        _segments[id] = segment with { Key = IpcPrivate, IsRemoved = true };
        files.PutInode(segment.Inode);
    }
}
