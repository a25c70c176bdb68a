using Pagewise.Abi;

namespace Pagewise.Kernel.SystemCalls;

public sealed partial class SystemCalls
{
    /// <summary>brk(2): the break after the call; the old one when it could not move.</summary>
    public SysResult Brk(int task, ulong address) => Errno.ENOSYS;

    /// <summary>mmap(2). <paramref name="offsetBytes"/> must be a multiple of the page size.</summary>
    public SysResult Mmap(int task, ulong address, ulong lengthBytes, Prot prot, MapFlags flags, int fd, ulong offsetBytes) => Errno.ENOSYS;

    /// <summary>munmap(2).</summary>
    public SysResult Munmap(int task, ulong address, ulong lengthBytes) => Errno.ENOSYS;

    /// <summary>mprotect(2).</summary>
    public SysResult Mprotect(int task, ulong address, ulong lengthBytes, Prot prot) => Errno.ENOSYS;

    /// <summary>mremap(2).</summary>
    public SysResult Mremap(int task, ulong oldAddress, ulong oldLengthBytes, ulong newLengthBytes, MremapFlags flags, ulong newAddress) => Errno.ENOSYS;

    /// <summary>madvise(2).</summary>
    public SysResult Madvise(int task, ulong address, ulong lengthBytes, Madvice advice) => Errno.ENOSYS;

    /// <summary>mlock(2) with flags 0, mlock2(2) otherwise.</summary>
    public SysResult Mlock(int task, ulong address, ulong lengthBytes, MlockFlags flags) => Errno.ENOSYS;

    /// <summary>munlock(2).</summary>
    public SysResult Munlock(int task, ulong address, ulong lengthBytes) => Errno.ENOSYS;

    /// <summary>mlockall(2).</summary>
    public SysResult Mlockall(int task, MlockAllFlags flags) => Errno.ENOSYS;

    /// <summary>munlockall(2).</summary>
    public SysResult Munlockall(int task) => Errno.ENOSYS;

    /// <summary>mincore(2).</summary>
    /// <param name="task">The calling task's index.</param>
    /// <param name="address">First address, page-aligned.</param>
    /// <param name="lengthBytes">Length; rounded up to pages.</param>
    /// <param name="vector">Where the program wants the bytes; checked for EFAULT.</param>
    /// <param name="residency">The bytes, one a page, as far as the span reaches.</param>
    public SysResult Mincore(int task, ulong address, ulong lengthBytes, ulong vector, Span<byte> residency) => Errno.ENOSYS;

    /// <summary>msync(2).</summary>
    public SysResult Msync(int task, ulong address, ulong lengthBytes, MsyncFlags flags) => Errno.ENOSYS;

    /// <summary>mseal(2) (6.10).</summary>
    public SysResult Mseal(int task, ulong address, ulong lengthBytes, ulong flags) => Errno.ENOSYS;

    /// <summary>remap_file_pages(2), emulated by mmap since 4.0.</summary>
    public SysResult RemapFilePages(int task, ulong address, ulong sizeBytes, Prot prot, ulong pgOff, MapFlags flags) => Errno.ENOSYS;
}
