using Pagewise.Abi;

namespace Pagewise.Kernel.SystemCalls;

/// <summary>The first door as one task has it: what an allocator of that task calls.</summary>
/// <param name="calls">The machine's system calls.</param>
/// <param name="task">The calling task's index.</param>
public readonly struct TaskSystemCalls(SystemCalls calls, int task) : ISystemCalls
{
    /// <inheritdoc/>
    public SysResult Brk(ulong address) => calls.Brk(task, address);

    /// <inheritdoc/>
    public SysResult Mmap(ulong address, ulong lengthBytes, Prot prot, MapFlags flags, int fd, ulong offsetBytes) =>
        calls.Mmap(task, address, lengthBytes, prot, flags, fd, offsetBytes);

    /// <inheritdoc/>
    public SysResult Munmap(ulong address, ulong lengthBytes) => calls.Munmap(task, address, lengthBytes);

    /// <inheritdoc/>
    public SysResult Mprotect(ulong address, ulong lengthBytes, Prot prot) => calls.Mprotect(task, address, lengthBytes, prot);

    /// <inheritdoc/>
    public SysResult Mremap(ulong oldAddress, ulong oldLengthBytes, ulong newLengthBytes, MremapFlags flags, ulong newAddress) =>
        calls.Mremap(task, oldAddress, oldLengthBytes, newLengthBytes, flags, newAddress);

    /// <inheritdoc/>
    public SysResult Madvise(ulong address, ulong lengthBytes, Madvice advice) => calls.Madvise(task, address, lengthBytes, advice);
}
