namespace Pagewise.Kernel.Swap;

/// <summary>A page that zswap keeps (struct zswap_entry).</summary>
internal struct ZswapEntry
{
    /// <summary>Its slot of swap.</summary>
    public SwpEntry Slot;

    /// <summary>Where the pool has it; 0: nowhere, for it is one repeated word.</summary>
    public int Handle;

    /// <summary>Its compressed length in bytes; 0: it is one repeated word.</summary>
    public int Length;

    /// <summary>The word that it repeats.</summary>
    public ulong Value;

    /// <summary>The entry stored next, of those in the pool.</summary>
    public int Next;

    /// <summary>The one before it.</summary>
    public int Prev;

    /// <summary>Whether it is passed over once before it is written back (referenced; 6.12).</summary>
    public bool IsReferenced;
}
