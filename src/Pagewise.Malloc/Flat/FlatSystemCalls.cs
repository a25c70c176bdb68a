using Pagewise.Abi;

namespace Pagewise.Malloc.Flat;

/// <summary>The memory system calls over a <see cref="FlatAddressSpace"/>; nothing is refused but for want of addresses.</summary>
public readonly struct FlatSystemCalls : ISystemCalls
{
    private readonly FlatAddressSpace _space;

    /// <summary>The calls of a process whose address space this is.</summary>
    public FlatSystemCalls(FlatAddressSpace space) => _space = space;

    /// <inheritdoc/>
    public SysResult Brk(ulong address) => SysResult.Of(_space.MoveBreak(address));

    /// <inheritdoc/>
    public SysResult Mmap(ulong address, ulong lengthBytes, Prot prot, MapFlags flags, int fd, ulong offsetBytes) =>
        _space.Mmap(address, lengthBytes, flags);

    /// <inheritdoc/>
    public SysResult Munmap(ulong address, ulong lengthBytes)
    {
        _space.Unmap(address, lengthBytes);
        return SysResult.Ok;
    }

    /// <inheritdoc/>
    public SysResult Mprotect(ulong address, ulong lengthBytes, Prot prot) => SysResult.Ok;

    /// <inheritdoc/>
    public SysResult Mremap(ulong oldAddress, ulong oldLengthBytes, ulong newLengthBytes, MremapFlags flags, ulong newAddress) =>
        _space.Mremap(oldAddress, oldLengthBytes, newLengthBytes, (flags & MremapFlags.MayMove) != 0);

    /// <inheritdoc/>
    public SysResult Madvise(ulong address, ulong lengthBytes, Madvice advice)
    {
        if (advice == Madvice.DontNeed)
            _space.Discard(address, lengthBytes);
        return SysResult.Ok;
    }
}
