namespace Pagewise.Kernel.Swap;

/// <summary>Where the bytes of a swap area lie, when not in this process: a file of the host, or a device that fails.</summary>
public interface ISwapStore : IDisposable
{
    /// <summary>Reads a slot's page; false: an I/O error.</summary>
    /// <param name="slot">The slot, from 1.</param>
    /// <param name="page">4096 bytes to fill.</param>
    bool Read(uint slot, Span<byte> page);

    /// <summary>Writes a slot's page; false: an I/O error.</summary>
    /// <param name="slot">The slot, from 1.</param>
    /// <param name="page">4096 bytes.</param>
    bool Write(uint slot, ReadOnlySpan<byte> page);
}
