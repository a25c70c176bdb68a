namespace Pagewise.Kernel.Hardware;

/// <summary>
/// One cached translation, 16 bytes. Tag, from bit 0: valid (1), address-space identifier (12), page number (45), page
/// size level − 1 (2, at the top). Data: the frame's physical address with the rights of the whole walk in the bits of
/// <see cref="TlbRights"/>.
/// </summary>
public struct TlbEntry
{
    /// <summary>What the entry translates; 0 when unused.</summary>
    public ulong Tag;

    /// <summary>What it translates to.</summary>
    public ulong Data;
}
