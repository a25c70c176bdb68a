using System.Runtime.CompilerServices;

namespace Pagewise.Workloads;

/// <summary>A growable array of structs that is cleared and refilled: after the first batches it allocates nothing.</summary>
/// <typeparam name="T">The element.</typeparam>
public sealed class Column<T>
    where T : struct
{
    private T[] _items;

    internal Column(int capacity) => _items = new T[capacity];

    /// <summary>The number of elements.</summary>
    public int Count { get; private set; }

    /// <summary>The elements, valid until the next change.</summary>
    public Span<T> Span => _items.AsSpan(0, Count);

    /// <summary>The element at <paramref name="index"/>.</summary>
    public ref T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _items[index];
    }

    /// <summary>Appends a copy of <paramref name="item"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(in T item)
    {
        if (Count == _items.Length)
            Grow(1);
        _items[Count++] = item;
    }

    /// <summary>Appends <paramref name="length"/> elements of unspecified content, to be written by the caller.</summary>
    public Span<T> AddMany(int length)
    {
        if (length > _items.Length - Count)
            Grow(length);
        Count += length;
        return _items.AsSpan(Count - length, length);
    }

    /// <summary>Drops every element; the memory stays.</summary>
    public void Clear() => Count = 0;

    /// <summary>Drops the elements from <paramref name="count"/> on.</summary>
    public void Truncate(int count) => Count = Math.Min(Count, count);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int more) =>
        Array.Resize(ref _items, checked((int)Math.Max(16L, Math.Min(Array.MaxLength, Math.Max(2L * _items.Length, (long)Count + more)))));
}
