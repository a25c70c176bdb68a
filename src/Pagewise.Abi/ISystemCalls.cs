namespace Pagewise.Abi;

/// <summary>
/// The first door, as far as an allocator needs it: the memory system calls of the calling process. The kernel offers
/// it for a task; a flat native range offers it for fast replay.
/// </summary>
public interface ISystemCalls
{
    /// <summary>brk(2) as the kernel has it: returns the break after the call, which is the old one on failure.</summary>
    SysResult Brk(ulong address);

    /// <summary>mmap(2).</summary>
    SysResult Mmap(ulong address, ulong lengthBytes, Prot prot, MapFlags flags, int fd, ulong offsetBytes);

    /// <summary>munmap(2).</summary>
    SysResult Munmap(ulong address, ulong lengthBytes);

    /// <summary>mprotect(2).</summary>
    SysResult Mprotect(ulong address, ulong lengthBytes, Prot prot);

    /// <summary>mremap(2).</summary>
    SysResult Mremap(ulong oldAddress, ulong oldLengthBytes, ulong newLengthBytes, MremapFlags flags, ulong newAddress);

    /// <summary>madvise(2).</summary>
    SysResult Madvise(ulong address, ulong lengthBytes, Madvice advice);
}
