using Pagewise.Abi;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.SystemCalls;

/// <content>What is read ahead, dropped, and written to the device because a program asks (mm/readahead.c, mm/fadvise.c, fs/sync.c).</content>
public sealed partial class SystemCalls
{
    /// <summary>readahead(2): brings a range of the file into the page cache.</summary>
    public SysResult Readahead(int task, int fd, long offsetBytes, ulong countBytes)
    {
        int file = LookupFile(task, fd);
        if (file == 0 || !_files.Files[file].CanRead)
            return Errno.EBADF;
        int inode = _files.Files[file].Inode;
        if (_inodes.Inodes[inode].Kind != InodeKind.Regular || offsetBytes < 0)
            return Errno.EINVAL;
        _filemap.Advise(file, inode, Fadvice.WillNeed, (ulong)offsetBytes, countBytes);
        return SysResult.Ok;
    }

    /// <summary>posix_fadvise(2): WILLNEED reads, DONTNEED drops, NORMAL, SEQUENTIAL and RANDOM set the open file's readahead; NOREUSE changes nothing here.</summary>
    public SysResult Fadvise(int task, int fd, long offsetBytes, long lengthBytes, int advice)
    {
        int file = LookupFile(task, fd);
        if (file == 0)
            return Errno.EBADF;
        int inode = _files.Files[file].Inode;
        if (_inodes.Inodes[inode].Kind == InodeKind.NotMappable)
            return Errno.ESPIPE;
        if (lengthBytes < 0 || advice is < 0 or > 5)
            return Errno.EINVAL;
        if (_inodes.Inodes[inode].Kind != InodeKind.Regular)
            return SysResult.Ok;
        if ((Fadvice)advice == PageCache.Fadvice.DontNeed)
        {
            _writeback.Write(inode, (ulong)offsetBytes >> 12, Filemap.LastByte((ulong)offsetBytes, (ulong)lengthBytes) >> 12, waits: false, long.MaxValue, out _);
            _filemap.DontNeed(inode, (ulong)offsetBytes, (ulong)lengthBytes);
        }
        else
        {
            _filemap.Advise(file, inode, (Fadvice)advice, (ulong)offsetBytes, (ulong)lengthBytes);
        }

        return SysResult.Ok;
    }

    /// <summary>fsync(2) and fdatasync(2): the file's dirty pages are on the device when it returns, or it is EIO: once for each open file that an error of write-back is news to.</summary>
    public SysResult Fsync(int task, int fd)
    {
        int file = LookupFile(task, fd);
        if (file == 0)
            return Errno.EBADF;
        int inode = _files.Files[file].Inode;
        if (_inodes.Inodes[inode].Kind == InodeKind.NotMappable)
            return Errno.EINVAL;
        _pageTables.WriteBack(inode, 0, ulong.MaxValue);
        return Result(_files.TakeWritebackError(file));
    }

    /// <summary>syncfs(2): all files, for there is one file system; EIO as for fsync, of any of them.</summary>
    public SysResult Syncfs(int task, int fd)
    {
        int file = LookupFile(task, fd);
        if (file == 0)
            return Errno.EBADF;
        _writeback.Sync();
        return Result(_files.TakeFileSystemError(file));
    }

    /// <summary>sync_file_range(2): by its flags, waits for what is being written, writes what is dirty, waits for that.</summary>
    public SysResult SyncFileRange(int task, int fd, long offsetBytes, long lengthBytes, uint flags)
    {
        const uint waitBefore = 1, write = 2, waitAfter = 4;
        int file = LookupFile(task, fd);
        if (file == 0)
            return Errno.EBADF;
        if ((flags & ~(waitBefore | write | waitAfter)) != 0 || offsetBytes < 0 || lengthBytes < 0)
            return Errno.EINVAL;
        int inode = _files.Files[file].Inode;
        if (_inodes.Inodes[inode].Kind == InodeKind.NotMappable)
            return Errno.ESPIPE;
        if (_inodes.Inodes[inode].Kind != InodeKind.Regular)
            return SysResult.Ok;
        ulong first = (ulong)offsetBytes >> 12;
        ulong last = Filemap.LastByte((ulong)offsetBytes, (ulong)lengthBytes) >> 12;
        if ((flags & waitBefore) != 0)
        {
            _writeback.WaitRange(inode, first, last);
            if (_files.TakeWritebackError(file) is not Errno.None and var error)
                return error;
        }

        if ((flags & write) != 0)
            _writeback.Write(inode, first, last, waits: flags == (waitBefore | write | waitAfter), long.MaxValue, out _);
        if ((flags & waitAfter) == 0)
            return SysResult.Ok;
        _writeback.WaitRange(inode, first, last);
        return Result(_files.TakeWritebackError(file));
    }

    /// <summary>sync(2).</summary>
    public SysResult Sync(int task)
    {
        _writeback.Sync();
        return SysResult.Ok;
    }
}
