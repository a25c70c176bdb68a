namespace Pagewise.Replay.Heap;

/// <summary>How often malloc made each of its system calls.</summary>
/// <param name="Brk">brk.</param>
/// <param name="Mmap">mmap.</param>
/// <param name="Munmap">munmap.</param>
/// <param name="Mremap">mremap.</param>
/// <param name="Mprotect">mprotect.</param>
/// <param name="Madvise">madvise.</param>
public readonly record struct HeapSystemCalls(long Brk, long Mmap, long Munmap, long Mremap, long Mprotect, long Madvise)
{
    /// <summary>All of them.</summary>
    public long Total => Brk + Mmap + Munmap + Mremap + Mprotect + Madvise;
}
