using Pagewise.Abi;

namespace Pagewise.Kernel.SystemCalls;

public sealed partial class SystemCalls
{
    /// <summary>open(2), openat(2), creat(2) of a file that the caller has looked up.</summary>
    /// <param name="task">The calling task's index.</param>
    /// <param name="inode">The file; 0 when it does not exist (ENOENT).</param>
    /// <param name="flags">O_* flags.</param>
    /// <param name="recordedFd">The descriptor that a recording says was given, −1 for the lowest free one.</param>
    public SysResult Open(int task, int inode, OpenFlags flags, int recordedFd = -1) => Errno.ENOSYS;

    /// <summary>close(2).</summary>
    public SysResult Close(int task, int fd) => Errno.ENOSYS;

    /// <summary>dup(2), and fcntl(F_DUPFD) with its lowest descriptor.</summary>
    public SysResult Dup(int task, int fd, int lowestFd = 0, bool closeOnExec = false) => Errno.ENOSYS;

    /// <summary>dup2(2) and dup3(2).</summary>
    public SysResult Dup2(int task, int fd, int newFd, bool closeOnExec = false) => Errno.ENOSYS;

    /// <summary>lseek(2).</summary>
    public SysResult Lseek(int task, int fd, long offsetBytes, SeekWhence whence) => Errno.ENOSYS;

    /// <summary>read(2): the bytes there are up to the end of the file; moves the position.</summary>
    public SysResult Read(int task, int fd, ulong countBytes) => Errno.ENOSYS;

    /// <summary>pread64(2).</summary>
    public SysResult Pread(int task, int fd, ulong countBytes, long offsetBytes) => Errno.ENOSYS;

    /// <summary>write(2): grows the file and moves the position.</summary>
    public SysResult Write(int task, int fd, ulong countBytes) => Errno.ENOSYS;

    /// <summary>pwrite64(2).</summary>
    public SysResult Pwrite(int task, int fd, ulong countBytes, long offsetBytes) => Errno.ENOSYS;

    /// <summary>ftruncate(2).</summary>
    public SysResult Ftruncate(int task, int fd, long lengthBytes) => Errno.ENOSYS;

    /// <summary>truncate(2) of a file that the caller has looked up.</summary>
    public SysResult Truncate(int task, int inode, long lengthBytes) => Errno.ENOSYS;

    /// <summary>unlink(2): the name goes, "(deleted)" shows in /proc/PID/maps.</summary>
    public SysResult Unlink(int task, int inode) => Errno.ENOSYS;

    /// <summary>memfd_create(2).</summary>
    public SysResult MemfdCreate(int task, string name, MemfdFlags flags, int recordedFd = -1) => Errno.ENOSYS;

    /// <summary>fcntl(F_ADD_SEALS).</summary>
    public SysResult AddSeals(int task, int fd, FileSeals seals) => Errno.ENOSYS;

    /// <summary>fcntl(F_GET_SEALS).</summary>
    public SysResult GetSeals(int task, int fd) => Errno.ENOSYS;

    /// <summary>shmget(2): the segment's id.</summary>
    public SysResult Shmget(int task, int key, ulong sizeBytes, ShmFlags flags) => Errno.ENOSYS;

    /// <summary>shmat(2): where the segment was mapped.</summary>
    public SysResult Shmat(int task, int id, ulong address, ShmFlags flags) => Errno.ENOSYS;

    /// <summary>shmdt(2).</summary>
    public SysResult Shmdt(int task, ulong address) => Errno.ENOSYS;

    /// <summary>shmctl(2): IPC_RMID is modelled.</summary>
    public SysResult Shmctl(int task, int id, int command) => Errno.ENOSYS;
}
