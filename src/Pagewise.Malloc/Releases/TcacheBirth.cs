namespace Pagewise.Malloc.Releases;

/// <summary>When a thread's tcache_perthread_struct is taken from the heap.</summary>
public enum TcacheBirth
{
    /// <summary>At the first malloc, calloc, free or realloc of any size, before it (before 2.42).</summary>
    FirstCall = 0,
    /// <summary>At the first malloc, calloc or memalign of a size that may be cached, before it (2.42).</summary>
    FirstCacheableRequest = 1,
    /// <summary>When the first chunk is put aside; never with <c>tcache_count=0</c> (2.43).</summary>
    FirstPut = 2,
}
