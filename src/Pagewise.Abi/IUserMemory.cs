namespace Pagewise.Abi;

/// <summary>
/// The second door: a program's own loads and stores, little-endian. User-space code (malloc) is generic over it as a
/// struct, so the same code runs over a flat native range and over a modelled process.
/// </summary>
public interface IUserMemory
{
    /// <summary>Loads 2 bytes.</summary>
    ushort ReadU16(ulong address);

    /// <summary>Loads 4 bytes.</summary>
    uint ReadU32(ulong address);

    /// <summary>Loads 8 bytes.</summary>
    ulong ReadU64(ulong address);

    /// <summary>Stores 2 bytes.</summary>
    void WriteU16(ulong address, ushort value);

    /// <summary>Stores 4 bytes.</summary>
    void WriteU32(ulong address, uint value);

    /// <summary>Stores 8 bytes.</summary>
    void WriteU64(ulong address, ulong value);

    /// <summary>Copies bytes within the address space (memcpy; the ranges do not overlap).</summary>
    void Copy(ulong destination, ulong source, ulong lengthBytes);

    /// <summary>Stores one byte value over a range (memset).</summary>
    void Fill(ulong address, byte value, ulong lengthBytes);
}
