namespace Pagewise.Kernel.Swap;

/// <summary>A page that zswap keeps (struct zswap_entry).</summary>
internal struct ZswapEntry : IAged
{
    /// <summary>Its slot of swap.</summary>
    public SwpEntry Slot;

    /// <summary>Who pays for it; 0: nobody.</summary>
    public int Memcg;

    /// <summary>Where the pool has it; 0: nowhere, for it is one repeated word.</summary>
    public int Handle;

    /// <summary>Its compressed length in bytes; 0: it is one repeated word.</summary>
    public int Length;

    /// <summary>The word that it repeats.</summary>
    public ulong Value;

    /// <inheritdoc/>
    public int Newer { get; set; }

    /// <inheritdoc/>
    public int Older { get; set; }

    /// <summary>Whether it is passed over once before it is written back (referenced; 6.12).</summary>
    public bool IsReferenced;
}
