namespace Pagewise.Kernel.PageAllocator;

/// <summary>How far a batch of allocations had to look last time, so that the next one begins there (<c>enum rmqueue_mode</c>, since 6.16).</summary>
internal enum RmqueueMode
{
    /// <summary>The type's own lists.</summary>
    Normal,

    /// <summary>Claiming whole pageblocks of another type.</summary>
    Claim,

    /// <summary>Single blocks of another type.</summary>
    Steal,
}
