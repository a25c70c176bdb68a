namespace Pagewise.Malloc;

/// <summary>struct mallinfo2 (malloc.h), field by field.</summary>
public readonly record struct MallInfo
{
    /// <summary>Bytes got from the system for arenas.</summary>
    public ulong Arena { get; init; }

    /// <summary>Free chunks, the tops included.</summary>
    public ulong OrdBlks { get; init; }

    /// <summary>Chunks in fast bins.</summary>
    public ulong SmBlks { get; init; }

    /// <summary>Mapped chunks.</summary>
    public ulong HBlks { get; init; }

    /// <summary>Bytes in mapped chunks.</summary>
    public ulong HBlkHd { get; init; }

    /// <summary>Always 0.</summary>
    public ulong UsmBlks { get; init; }

    /// <summary>Bytes in fast bins.</summary>
    public ulong FsmBlks { get; init; }

    /// <summary>Bytes in use, tcaches included.</summary>
    public ulong UordBlks { get; init; }

    /// <summary>Free bytes, fast bins and tops included.</summary>
    public ulong FordBlks { get; init; }

    /// <summary>Bytes of the main arena's top.</summary>
    public ulong KeepCost { get; init; }
}
