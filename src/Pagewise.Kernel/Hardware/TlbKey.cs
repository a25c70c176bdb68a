using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.Hardware;

/// <summary>What the TLB is asked for: an address in an address space. Gives the tag for each page size.</summary>
/// <param name="address">The virtual address, canonical.</param>
/// <param name="asid">The address space's identifier, 1 to 4094 (PCID).</param>
/// <param name="indexBits">Address bits that one level of tables resolves.</param>
public readonly struct TlbKey(ulong address, ushort asid, int indexBits)
{
    /// <summary>The identifier that global translations are kept under.</summary>
    public const ushort GlobalAsid = 4095;

    /// <summary>The tag bits that hold the identifier, and the valid bit.</summary>
    public const ulong AsidMask = 0x1FFF;

    private const int NumberShift = 13;
    private const int LevelShift = 62;
    private const ulong AddressBits = (1UL << 57) - 1;

    /// <summary>The valid bit and the identifier in their places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong AsidBits(ushort asid) => ((ulong)asid << 1) | 1;

    /// <summary>The tag of a 4 KiB translation, from <see cref="AsidBits"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong SmallTag(ulong address, ulong asidBits) => ((address & AddressBits) >> 12 << NumberShift) | asidBits;

    /// <summary>The page number for a page size: 1 for 4 KiB, 2 for 2 MiB (4 MiB), 3 for 1 GiB.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Number(int level) => (address & AddressBits) >> (12 + (indexBits * (level - 1)));

    /// <summary>The tag for a page size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Tag(int level) => (Number(level) << NumberShift) | ((ulong)(level - 1) << LevelShift) | AsidBits(asid);

    /// <summary>The same address, as global translations are kept.</summary>
    public TlbKey AsGlobal() => new(address, GlobalAsid, indexBits);
}
