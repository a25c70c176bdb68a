namespace Pagewise.Malloc.Platforms;

/// <summary>
/// The two facts of a platform that fix malloc's chunk geometry: glibc's <c>SIZE_SZ</c> and <c>MALLOC_ALIGNMENT</c>
/// (sysdeps/generic/malloc-size.h and its overrides). Everything else in the layout follows from them.
/// </summary>
public interface IMallocAbi
{
    /// <summary><c>SIZE_SZ</c>: bytes in a <c>size_t</c> and in a pointer, 4 or 8.</summary>
    static abstract ulong SizeSz { get; }

    /// <summary><c>MALLOC_ALIGNMENT</c>: every chunk size and every returned address is a multiple of it, in bytes.</summary>
    static abstract ulong MallocAlignment { get; }

    /// <summary>Bytes in a C <c>long</c>, which sizes <c>DEFAULT_MMAP_THRESHOLD_MAX</c> and the arena limit.</summary>
    static abstract ulong LongSize { get; }
}
