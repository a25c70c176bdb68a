namespace Pagewise.Workloads;

/// <summary>A function of the malloc family, as a heap recording names it.</summary>
public enum HeapFunction : byte
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary><c>malloc(size) = p</c>.</summary>
    Malloc = 1,
    /// <summary><c>calloc(n, size) = p</c>.</summary>
    Calloc = 2,
    /// <summary><c>realloc(p, size) = p</c>; <c>realloc(p, 0) = 0</c> has freed p.</summary>
    Realloc = 3,
    /// <summary><c>free(p)</c>.</summary>
    Free = 4,
    /// <summary><c>memalign(align, size) = p</c>.</summary>
    Memalign = 5,
    /// <summary><c>aligned_alloc(align, size) = p</c>.</summary>
    AlignedAlloc = 6,
    /// <summary><c>posix_memalign(align, size) = p</c>; the pointer stored, or 0 and an error.</summary>
    PosixMemalign = 7,
    /// <summary><c>valloc(size) = p</c>.</summary>
    Valloc = 8,
    /// <summary><c>pvalloc(size) = p</c>.</summary>
    Pvalloc = 9,
    /// <summary><c>malloc_trim(pad) = 0|1</c>.</summary>
    MallocTrim = 10,
    /// <summary><c>mallopt(param, value) = 0|1</c>.</summary>
    Mallopt = 11,
    /// <summary><c>malloc_usable_size(p) = bytes</c>.</summary>
    MallocUsableSize = 12,
    /// <summary><c># [tid] thread-exit</c>: the thread's tcache is freed here.</summary>
    ThreadExit = 13,
    /// <summary><c># forked from FILE at byte N by [tid]</c>: what follows is of a forked child, whose only thread this is.</summary>
    ForkChild = 14,
}
