namespace Pagewise.Kernel.Swap;

/// <summary>A place in swap: an area and a slot in it (swp_entry_t). The default is none: slot 0 of an area holds its header.</summary>
/// <param name="Type">The area's number (swp_type).</param>
/// <param name="Offset">The slot (swp_offset), from 1.</param>
public readonly record struct SwpEntry(int Type, uint Offset)
{
    private const int TypeShift = 26;

    /// <summary>Slots of an area whose entries shared memory can keep in a page index: 256 GiB.</summary>
    internal const uint MostIndexedOffset = (1u << TypeShift) - 1;

    /// <summary>Areas at most (MAX_SWAPFILES, less the types that the kernel keeps for itself).</summary>
    public const int MostAreas = 28;

    /// <summary>Whether it names no place.</summary>
    public bool IsNone => Offset == 0;

    /// <summary>As an entry of shared memory's page index (swp_to_radix_entry): the highest bit tells it from a frame.</summary>
    internal ulong ToIndexEntry() => (1UL << 63) | ((ulong)(uint)Type << TypeShift) | Offset;

    /// <summary>What <see cref="ToIndexEntry"/> made (radix_to_swp_entry).</summary>
    internal static SwpEntry FromIndexEntry(ulong entry) => new((int)((entry >> TypeShift) & 31), (uint)entry & MostIndexedOffset);

    /// <summary>In an index of shared memory: a page that could not be read back from swap (make_swapin_error_entry).</summary>
    internal const ulong LostIndexEntry = (1UL << 63) | (LostType << TypeShift);

    /// <summary>Whether it stands for such a page.</summary>
    internal bool IsLost => Type == (int)LostType;

    private const ulong LostType = 31;

    /// <summary>As one number, 0 for none.</summary>
    internal ulong Packed => ((ulong)(uint)Type << 32) | Offset;

    /// <summary>What <see cref="Packed"/> made.</summary>
    internal static SwpEntry Unpack(ulong packed) => new((int)(packed >> 32), (uint)packed);
}
