namespace Pagewise.Malloc;

/// <summary>What glibc's malloc keeps for a thread in thread-local storage.</summary>
internal struct MallocThread
{
    /// <summary>The address of its tcache_perthread_struct (<c>tcache</c>); 0 is none.</summary>
    public ulong Tcache;

    /// <summary>The arena it allocates from (<c>thread_arena</c>); 0 before its first use.</summary>
    public ulong Arena;

    /// <summary>Whether it is ending, so that it gets no new tcache (<c>tcache_shutting_down</c>).</summary>
    public bool TcacheShuttingDown;
}
