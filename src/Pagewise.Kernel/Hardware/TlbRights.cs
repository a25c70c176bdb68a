namespace Pagewise.Kernel.Hardware;

/// <summary>Rights in the data of <see cref="TlbArray"/>: those every level of the walk granted, in the places of the entry's own bits.</summary>
public static class TlbRights
{
    /// <summary>Loads.</summary>
    public const ulong Read = PteBits.Present | PteBits.User;

    /// <summary>Stores: the page is writable and its entry is already marked dirty.</summary>
    public const ulong Write = Read | PteBits.Write | PteBits.Dirty;

    /// <summary>Instruction fetches: no level forbids them.</summary>
    public const ulong Execute = Read | ExecuteBit;

    /// <summary>The bit that stands for a clear NX; a software bit of the entry.</summary>
    public const ulong ExecuteBit = 1UL << 10;
}
