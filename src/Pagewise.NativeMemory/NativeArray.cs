using System.Runtime.CompilerServices;

namespace Pagewise.NativeMemory;

/// <summary>A fixed-length array of structs in a <see cref="NativeRange"/>: zero-filled, committed on first touch.</summary>
/// <typeparam name="T">The element.</typeparam>
public sealed unsafe class NativeArray<T> : IDisposable
    where T : unmanaged
{
    private readonly NativeRange _range;
    private readonly T* _start;

    /// <summary>Reserves room for <paramref name="length"/> elements.</summary>
    public NativeArray(ulong length)
    {
        Length = length;
        _range = new NativeRange(Math.Max(1, checked(length * (ulong)Unsafe.SizeOf<T>())));
        _start = (T*)_range.Start;
    }

    /// <summary>The number of elements.</summary>
    public ulong Length { get; }

    /// <summary>The element at <paramref name="index"/>. Debug builds check the bounds.</summary>
    public ref T this[ulong index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            Check(index);
            return ref _start[index];
        }
    }

    /// <summary>The element at <paramref name="index"/>. Debug builds check the bounds.</summary>
    public ref T this[uint index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            Check(index);
            return ref _start[index];
        }
    }

    /// <summary>The element at <paramref name="index"/>. Debug builds check the bounds.</summary>
    public ref T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            Check((uint)index);
            return ref _start[(uint)index];
        }
    }

    /// <summary>Asks the host for large pages under the whole array: see <see cref="NativeRange.PreferLargePages"/>.</summary>
    public void PreferLargePages() => _range.PreferLargePages(0, _range.SizeBytes);

    /// <summary>Tells the host's CPU that an element will be used soon: see <see cref="NativeRange.Prefetch"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong index) => _range.Prefetch(index * (ulong)sizeof(T));

    /// <summary>Elements <paramref name="first"/> up to <paramref name="first"/> + <paramref name="count"/>. Debug builds check the bounds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<T> Slice(uint first, int count)
    {
        if (count > 0)
            Check((ulong)first + (uint)count - 1);
        return new Span<T>(_start + first, count);
    }

    /// <inheritdoc/>
    public void Dispose() => _range.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    [System.Diagnostics.Conditional("DEBUG")]
    private void Check(ulong index)
    {
        if (index >= Length)
            throw new ArgumentOutOfRangeException(nameof(index), $"{index} of {Length}");
    }
}
