using System.Runtime.CompilerServices;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Hardware;

/// <summary>
/// The machine's RAM: one reserved range of the host, so frame <c>n</c>'s bytes stand at offset <c>n * 4096</c>. The host
/// commits a frame's page only when something stores into it, so a modelled machine may be far larger than the host.
/// </summary>
public sealed class PhysicalMemory : IDisposable
{
    /// <summary>The least RAM, in bytes: 1 MiB.</summary>
    public const ulong MinBytes = 1UL << 20;

    /// <summary>The most RAM, in bytes: 16 TiB, what 32-bit frame numbers reach.</summary>
    public const ulong MaxBytes = 1UL << 44;

    private const int LargeHostPageOrder = 9;

    private readonly NativeRange _range;
    private readonly NativeArray<byte> _largeHostPages;

    /// <summary>Plugs in <paramref name="sizeBytes"/> of RAM, zero-filled.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1 MiB, more than 16 TiB, or not whole frames.</exception>
    public PhysicalMemory(ulong sizeBytes)
    {
        if (sizeBytes is < MinBytes or > MaxBytes || (sizeBytes & (Pfn.SizeBytes - 1)) != 0)
            throw new ArgumentOutOfRangeException(nameof(sizeBytes), sizeBytes, "memory must be 1 MiB to 16 TiB, in whole 4096-byte frames");
        SizeBytes = sizeBytes;
        _range = new NativeRange(sizeBytes);
        _largeHostPages = new NativeArray<byte>((sizeBytes >> (LargeHostPageOrder + Pfn.Shift)) + 1);
    }

    /// <summary>RAM in bytes.</summary>
    public ulong SizeBytes { get; }

    /// <summary>RAM in frames.</summary>
    public uint FrameCount => (uint)Math.Min(SizeBytes >> Pfn.Shift, uint.MaxValue);

    /// <summary>The 8 bytes at a physical address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref ulong U64(ulong physicalAddress) => ref _range.At<ulong>(physicalAddress);

    /// <summary>The 4 bytes at a physical address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref uint U32(ulong physicalAddress) => ref _range.At<uint>(physicalAddress);

    /// <summary>Bytes at a physical address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Bytes(ulong physicalAddress, int lengthBytes) => _range.Bytes(physicalAddress, lengthBytes);

    /// <summary>Tells the host that the bytes at a physical address will be read soon; changes nothing in the model.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong physicalAddress) => _range.Prefetch(physicalAddress);

    /// <summary>
    /// Asks the host, once, to back the 2 MiB around a frame with a large page of its own: for page tables, which stand
    /// together and are read at random by every walk. Changes nothing in the model.
    /// </summary>
    public void PreferLargeHostPage(uint pfn)
    {
        ulong block = pfn >> LargeHostPageOrder;
        if (_largeHostPages[block] != 0)
            return;
        _largeHostPages[block] = 1;
        ulong start = block << (LargeHostPageOrder + Pfn.Shift);
        _range.PreferLargePages(start, Math.Min(1UL << (LargeHostPageOrder + Pfn.Shift), SizeBytes - start));
    }

    /// <summary>The 4096 bytes of a frame.</summary>
    public Span<byte> Frame(uint pfn) => _range.Bytes((ulong)pfn << Pfn.Shift, Pfn.SizeBytes);

    /// <inheritdoc/>
    public void Dispose()
    {
        _range.Dispose();
        _largeHostPages.Dispose();
    }
}
