using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Mappings;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.SystemCalls;

public sealed partial class SystemCalls
{
    private const int FDupFd = 0;
    private const int FDupFdCloexec = 1030;
    private const int FAddSeals = 1033;
    private const int FGetSeals = 1034;

    /// <summary>open(2), openat(2), creat(2) of a file that the caller has looked up.</summary>
    /// <param name="task">The calling task's index.</param>
    /// <param name="inode">The file; 0 when it does not exist (ENOENT).</param>
    /// <param name="flags">O_* flags.</param>
    /// <param name="recordedFd">The descriptor that a recording says was given, −1 for the lowest free one.</param>
    public SysResult Open(int task, int inode, OpenFlags flags, int recordedFd = -1)
    {
        if (inode == 0)
            return Errno.ENOENT;
        int file = _files.Open(inode, flags & ~(OpenFlags.CloseOnExec | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.Truncate));
        if (file == 0)
            return Errno.ENOMEM;
        SysResult result = InstallFile(task, file, recordedFd, 0, (flags & OpenFlags.CloseOnExec) != 0);
        if (!result.IsError && (flags & OpenFlags.Truncate) != 0 && _files.Files[file].CanWrite)
            SetSize(inode, 0);
        return result;
    }

    /// <summary>The file that a descriptor leads to; 0 when it is not open.</summary>
    public int InodeOf(int task, int fd)
    {
        int file = _fileTables.Lookup(FilesOf(task), fd);
        return file == 0 ? 0 : _files.Files[file].Inode;
    }

    /// <summary>close(2).</summary>
    public SysResult Close(int task, int fd) => _fileTables.Close(FilesOf(task), fd) ? SysResult.Ok : Errno.EBADF;

    /// <summary>dup(2), and fcntl(F_DUPFD) with its lowest descriptor.</summary>
    public SysResult Dup(int task, int fd, int lowestFd = 0, bool closeOnExec = false)
    {
        int file = _fileTables.Lookup(FilesOf(task), fd);
        if (file == 0)
            return Errno.EBADF;
        if (lowestFd < 0)
            return Errno.EINVAL;
        _files.Get(file);
        return InstallFile(task, file, -1, lowestFd, closeOnExec);
    }

    /// <summary>dup2(2): a descriptor onto itself changes nothing.</summary>
    public SysResult Dup2(int task, int fd, int newFd, bool closeOnExec = false)
    {
        int file = _fileTables.Lookup(FilesOf(task), fd);
        if (file == 0 || newFd < 0)
            return Errno.EBADF;
        if (fd == newFd)
            return SysResult.Of((ulong)newFd);
        _files.Get(file);
        return InstallFile(task, file, newFd, 0, closeOnExec);
    }

    /// <summary>dup3(2): a descriptor onto itself is refused.</summary>
    public SysResult Dup3(int task, int fd, int newFd, OpenFlags flags) =>
        fd == newFd || (flags & ~OpenFlags.CloseOnExec) != 0
            ? Errno.EINVAL
            : Dup2(task, fd, newFd, (flags & OpenFlags.CloseOnExec) != 0);

    /// <summary>lseek(2).</summary>
    public SysResult Lseek(int task, int fd, long offsetBytes, SeekWhence whence)
    {
        int id = LookupFile(task, fd);
        if (id == 0)
            return Errno.EBADF;
        ref OpenFile file = ref _files.Files[id];
        ref readonly Inode inode = ref _inodes.Inodes[file.Inode];
        if (inode.Kind == InodeKind.NotMappable)
            return Errno.ESPIPE;
        long origin = whence switch
        {
            SeekWhence.Current => (long)file.Position,
            SeekWhence.End => (long)inode.SizeBytes,
            _ => 0,
        };
        if (whence is SeekWhence.Data or SeekWhence.Hole)
        {
            if (offsetBytes < 0 || (ulong)offsetBytes >= inode.SizeBytes)
                return Errno.ENXIO;
            if (whence == SeekWhence.Hole)
                offsetBytes = (long)inode.SizeBytes;
        }
        else if (whence is not (SeekWhence.Set or SeekWhence.Current or SeekWhence.End))
        {
            return Errno.EINVAL;
        }

        long position = unchecked(origin + offsetBytes);
        if (position < 0)
            return Errno.EINVAL;
        file.Position = (ulong)position;
        return SysResult.Of(file.Position);
    }

    /// <summary>read(2): the bytes there are up to the end of the file; moves the position.</summary>
    public SysResult Read(int task, int fd, ulong countBytes)
    {
        int file = LookupFile(task, fd);
        if (file == 0)
            return Errno.EBADF;
        SysResult result = ReadAt(file, countBytes, _files.Files[file].Position);
        if (!result.IsError)
            _files.Files[file].Position += result.Address;
        return result;
    }

    /// <summary>pread64(2).</summary>
    public SysResult Pread(int task, int fd, ulong countBytes, long offsetBytes)
    {
        if (offsetBytes < 0)
            return Errno.EINVAL;
        int file = LookupFile(task, fd);
        return file == 0 ? Errno.EBADF : ReadAt(file, countBytes, (ulong)offsetBytes);
    }

    /// <summary>write(2): grows the file and moves the position.</summary>
    public SysResult Write(int task, int fd, ulong countBytes)
    {
        int id = LookupFile(task, fd);
        if (id == 0)
            return Errno.EBADF;
        ref OpenFile file = ref _files.Files[id];
        ulong position = (file.Flags & OpenFlags.Append) != 0 ? _inodes.Inodes[file.Inode].SizeBytes : file.Position;
        SysResult result = WriteAt(id, countBytes, position);
        if (!result.IsError)
            file.Position = position + result.Address;
        return result;
    }

    /// <summary>pwrite64(2).</summary>
    public SysResult Pwrite(int task, int fd, ulong countBytes, long offsetBytes)
    {
        if (offsetBytes < 0)
            return Errno.EINVAL;
        int file = LookupFile(task, fd);
        return file == 0 ? Errno.EBADF : WriteAt(file, countBytes, (ulong)offsetBytes);
    }

    /// <summary>ftruncate(2).</summary>
    public SysResult Ftruncate(int task, int fd, long lengthBytes)
    {
        if (lengthBytes < 0)
            return Errno.EINVAL;
        int file = LookupFile(task, fd);
        if (file == 0)
            return Errno.EBADF;
        return _files.Files[file].CanWrite ? TruncateInode(_files.Files[file].Inode, (ulong)lengthBytes) : Errno.EINVAL;
    }

    /// <summary>truncate(2) of a file that the caller has looked up.</summary>
    public SysResult Truncate(int task, int inode, long lengthBytes)
    {
        if (lengthBytes < 0)
            return Errno.EINVAL;
        if (inode == 0)
            return Errno.ENOENT;
        if (!_files.GetInode(inode))
            return Errno.ENOMEM;
        SysResult result = TruncateInode(inode, (ulong)lengthBytes);
        _files.PutInode(inode);
        return result;
    }

    /// <summary>unlink(2): the name goes, "(deleted)" shows in /proc/PID/maps.</summary>
    public SysResult Unlink(int task, int inode)
    {
        if (inode == 0 || _inodes.Inodes[inode].IsDeleted)
            return Errno.ENOENT;
        _inodes.Inodes[inode].IsDeleted = true;
        _files.PutInode(inode);
        return SysResult.Ok;
    }

    /// <summary>memfd_create(2).</summary>
    public SysResult MemfdCreate(int task, string name, MemfdFlags flags, int recordedFd = -1)
    {
        const MemfdFlags Known = MemfdFlags.CloseOnExec | MemfdFlags.AllowSealing | MemfdFlags.NoExecSeal | MemfdFlags.Exec;
        if ((flags & ~Known) != 0
            || (flags & (MemfdFlags.Exec | MemfdFlags.NoExecSeal)) == (MemfdFlags.Exec | MemfdFlags.NoExecSeal)
            || name.Length > 249)
            return Errno.EINVAL;
        Current current = _tasks.CurrentOf(task);
        int inode = _mappings.CreateShmem(in current, "/memfd:" + name, _spaces.NextInode++, 0, noReserve: true, out Errno error);
        if (inode == 0)
            return error;
        FileSeals seals = FileSeals.Seal;
        if ((flags & MemfdFlags.NoExecSeal) != 0)
            seals = FileSeals.Exec;
        else if ((flags & MemfdFlags.AllowSealing) != 0)
            seals = FileSeals.None;
        _inodes.Inodes[inode].IsDeleted = true;
        _inodes.Inodes[inode].Seals = (uint)seals;
        int file = _files.Open(inode, OpenFlags.ReadWrite);
        _files.PutInode(inode);
        return InstallFile(task, file, recordedFd, 0, (flags & MemfdFlags.CloseOnExec) != 0);
    }

    /// <summary>fcntl(2): F_DUPFD and seals are modelled; other commands change no memory and succeed.</summary>
    public SysResult Fcntl(int task, int fd, int command, ulong argument) => command switch
    {
        FDupFd => Dup(task, fd, (int)argument),
        FDupFdCloexec => Dup(task, fd, (int)argument, closeOnExec: true),
        FAddSeals => AddSeals(task, fd, (FileSeals)argument),
        FGetSeals => GetSeals(task, fd),
        _ => _fileTables.Lookup(FilesOf(task), fd) == 0 ? Errno.EBADF : SysResult.Ok,
    };

    /// <summary>fcntl(F_ADD_SEALS) (memfd_add_seals).</summary>
    public SysResult AddSeals(int task, int fd, FileSeals seals)
    {
        int file = LookupFile(task, fd);
        if (file == 0)
            return Errno.EBADF;
        if (!_files.Files[file].CanWrite)
            return Errno.EPERM;
        ref Inode inode = ref _inodes.Inodes[_files.Files[file].Inode];
        if (inode.Kind != InodeKind.Shmem || ((uint)seals & ~63u) != 0)
            return Errno.EINVAL;
        if (((FileSeals)inode.Seals & FileSeals.Seal) != 0)
            return Errno.EPERM;
        if ((seals & FileSeals.Write) != 0 && ((FileSeals)inode.Seals & FileSeals.Write) == 0 && inode.WritableMappings != 0)
            return Errno.EBUSY;
        if ((seals & FileSeals.Exec) != 0)
            seals |= FileSeals.Shrink | FileSeals.Grow | FileSeals.Write | FileSeals.FutureWrite;
        inode.Seals |= (uint)seals;
        return SysResult.Ok;
    }

    /// <summary>fcntl(F_GET_SEALS).</summary>
    public SysResult GetSeals(int task, int fd)
    {
        int file = LookupFile(task, fd);
        if (file == 0)
            return Errno.EBADF;
        ref readonly Inode inode = ref _inodes.Inodes[_files.Files[file].Inode];
        return inode.Kind == InodeKind.Shmem ? SysResult.Of(inode.Seals) : Errno.EINVAL;
    }

    /// <summary>clock_nanosleep(2), nanosleep(2): time passes, and what is due happens.</summary>
    /// <param name="task">The calling task's index.</param>
    /// <param name="durationNs">For how long, nanoseconds.</param>
    public SysResult Nanosleep(int task, double durationNs)
    {
        _events.WaitUntil(_clock.NowNs + durationNs);
        return SysResult.Ok;
    }

    private static SysResult Result(Errno error) => error == Errno.None ? SysResult.Ok : error;

    private int FilesOf(int task) => _tasks.Tasks[task].Files;

    /// <summary>fdget: 0 for a closed descriptor and for one that O_PATH opened.</summary>
    private int LookupFile(int task, int fd)
    {
        int file = _fileTables.Lookup(FilesOf(task), fd);
        return file != 0 && (_files.Files[file].Flags & OpenFlags.Path) != 0 ? 0 : file;
    }

    private SysResult InstallFile(int task, int file, int fd, int lowestFd, bool closeOnExec)
    {
        int table = FilesOf(task);
        if (fd < 0)
        {
            fd = _fileTables.LowestFree(table, lowestFd);
            if ((ulong)fd >= _tasks.CurrentOf(task).Rlimit(RlimitResource.OpenFiles))
            {
                _files.Put(file);
                return Errno.EMFILE;
            }
        }

        if (_fileTables.Install(table, fd, file, closeOnExec))
            return SysResult.Of((ulong)fd);
        _files.Put(file);
        return Errno.ENOMEM;
    }

    private SysResult ReadAt(int id, ulong countBytes, ulong position)
    {
        ref readonly OpenFile file = ref _files.Files[id];
        if (!file.CanRead)
            return Errno.EBADF;
        ref readonly Inode inode = ref _inodes.Inodes[file.Inode];
        ulong available = inode.Kind switch
        {
            InodeKind.DevZero => countBytes,
            _ => position < inode.SizeBytes ? inode.SizeBytes - position : 0,
        };
        countBytes = Math.Min(countBytes, 0x7fff_f000);
        ulong count = Math.Min(countBytes, available);
        if (inode.Kind != InodeKind.Regular || count == 0)
            return SysResult.Of(count);
        count = _filemap.Read(id, file.Inode, position, countBytes);
        return count != 0 ? SysResult.Of(count) : Errno.ENOMEM;
    }

    private SysResult WriteAt(int id, ulong countBytes, ulong position)
    {
        ref readonly OpenFile file = ref _files.Files[id];
        if (!file.CanWrite)
            return Errno.EBADF;
        countBytes = Math.Min(countBytes, 0x7fff_f000);
        ref Inode inode = ref _inodes.Inodes[file.Inode];
        var seals = (FileSeals)inode.Seals;
        if (countBytes != 0 && (seals & (FileSeals.Write | FileSeals.FutureWrite)) != 0)
            return Errno.EPERM;
        bool grows = inode.Kind is InodeKind.Regular or InodeKind.Shmem && position + countBytes > inode.SizeBytes;
        if (grows && (seals & FileSeals.Grow) != 0)
            return Errno.EPERM;
        if (!_pageTables.WriteFile(file.Inode, position, countBytes))
            return Errno.ENOMEM;
        if (grows)
            inode.SizeBytes = position + countBytes;
        return SysResult.Of(countBytes);
    }

    private SysResult TruncateInode(int id, ulong sizeBytes)
    {
        ref readonly Inode inode = ref _inodes.Inodes[id];
        var seals = (FileSeals)inode.Seals;
        if (inode.Kind is not (InodeKind.Regular or InodeKind.Shmem))
            return Errno.EINVAL;
        if (sizeBytes > Math.Max(inode.SizeBytes, inode.MaxBytes))
            return Errno.EFBIG;
        if ((sizeBytes < inode.SizeBytes && (seals & FileSeals.Shrink) != 0)
            || (sizeBytes > inode.SizeBytes && (seals & FileSeals.Grow) != 0))
            return Errno.EPERM;
        SetSize(id, sizeBytes);
        return SysResult.Ok;
    }

    private void SetSize(int inode, ulong sizeBytes)
    {
        _pageTables.Truncate(inode, sizeBytes);
        _inodes.Inodes[inode].SizeBytes = sizeBytes;
    }
}
