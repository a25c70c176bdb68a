using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Pagewise.NativeMemory;

/// <summary>
/// A reserved range of the host's address space, zero-filled and committed by the host on first touch. Reserving costs
/// nothing, so a range may be far larger than the host's memory.
/// </summary>
public sealed unsafe partial class NativeRange : IDisposable
{
    private const ulong LargePageBytes = 2 << 20;

    private readonly byte* _start;
    private readonly byte* _reserved;
    private readonly ulong _reservedBytes;
    private bool _disposed;

    /// <summary>Reserves <paramref name="sizeBytes"/>, rounded up to a host page.</summary>
    /// <exception cref="HostMemoryException">The host refuses the reservation.</exception>
    public NativeRange(ulong sizeBytes)
    {
        SizeBytes = checked(sizeBytes + 4095) & ~4095UL;
        // Ranges of some size start on a large host page, so that parts of them can be put on large pages.
        ulong slack = SizeBytes >= LargePageBytes ? LargePageBytes : 0;
        _reservedBytes = checked(SizeBytes + slack);
        _reserved = (byte*)HostMemory.Reserve(_reservedBytes);
        _start = slack == 0 ? _reserved : (byte*)(((nuint)_reserved + (nuint)(LargePageBytes - 1)) & ~(nuint)(LargePageBytes - 1));
    }

#pragma warning disable MA0055 // the range is the unmanaged resource itself
    /// <summary>Gives the range back when it was dropped without <see cref="Dispose"/>.</summary>
    ~NativeRange() => Release();
#pragma warning restore MA0055

    /// <summary>Where the range starts in the host's address space, for a holder that keeps this object alive.</summary>
    internal byte* Start => _start;

    /// <summary>The size reserved, in bytes.</summary>
    public ulong SizeBytes { get; }

    /// <summary>The bytes at an offset. The caller keeps within <see cref="SizeBytes"/>; Debug builds check.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Bytes(ulong offsetBytes, int lengthBytes)
    {
        CheckRange(offsetBytes, (ulong)lengthBytes);
        return new Span<byte>(_start + offsetBytes, lengthBytes);
    }

    /// <summary>A value of type <typeparamref name="T"/> at a byte offset. Debug builds check the bounds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T At<T>(ulong offsetBytes)
        where T : unmanaged
    {
        CheckRange(offsetBytes, (ulong)sizeof(T));
        return ref *(T*)(_start + offsetBytes);
    }

    /// <summary>Tells the host's CPU, where it can be told, that the bytes at an offset will be read soon. Has no other effect.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong offsetBytes)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(_start + offsetBytes);
    }

    /// <summary>Gives the host its pages back; the bytes read as zero afterwards. Whole host pages only.</summary>
    public void Discard(ulong offsetBytes, ulong lengthBytes)
    {
        CheckRange(offsetBytes, lengthBytes);
        HostMemory.Discard(_start + offsetBytes, lengthBytes);
    }

    /// <summary>
    /// Asks the host to back a part with large pages from now on, where it can: for bytes that are dense and read at
    /// random. The host then commits 2 MiB at a time. Has no other effect.
    /// </summary>
    public void PreferLargePages(ulong offsetBytes, ulong lengthBytes)
    {
        CheckRange(offsetBytes, lengthBytes);
        HostMemory.PreferLargePages(_start + offsetBytes, lengthBytes);
    }

    /// <summary>Copies bytes into another range (snapshots).</summary>
    public void CopyTo(NativeRange destination, ulong offsetBytes, ulong lengthBytes)
    {
        CheckRange(offsetBytes, lengthBytes);
        destination.CheckRange(offsetBytes, lengthBytes);
        Buffer.MemoryCopy(_start + offsetBytes, destination._start + offsetBytes, lengthBytes, lengthBytes);
    }

    /// <summary>
    /// Moves whole pages within the range; what they leave reads as zero. The two parts do not overlap. Linux moves them
    /// without a copy (mremap's MREMAP_DONTUNMAP, 5.7 and later).
    /// </summary>
    public void MovePages(ulong sourceBytes, ulong targetBytes, ulong lengthBytes)
    {
        CheckRange(sourceBytes, lengthBytes);
        CheckRange(targetBytes, lengthBytes);
        if (lengthBytes == 0 || HostMemory.TryMovePages(_start + sourceBytes, _start + targetBytes, lengthBytes))
            return;
        Buffer.MemoryCopy(_start + sourceBytes, _start + targetBytes, lengthBytes, lengthBytes);
        Discard(sourceBytes, lengthBytes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        if (_disposed)
            return;
        _disposed = true;
        HostMemory.Release(_reserved, _reservedBytes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    [System.Diagnostics.Conditional("DEBUG")]
    private void CheckRange(ulong offsetBytes, ulong lengthBytes)
    {
        if (_disposed || offsetBytes > SizeBytes || lengthBytes > SizeBytes - offsetBytes)
            throw new ArgumentOutOfRangeException(nameof(offsetBytes), $"[{offsetBytes:x}, +{lengthBytes:x}) of {SizeBytes:x}");
    }
}
