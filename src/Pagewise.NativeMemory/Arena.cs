using System.Runtime.CompilerServices;

namespace Pagewise.NativeMemory;

/// <summary>
/// Structs that come and go, linked by index. Index 0 is never handed out, so 0 means "none" and an all-zero struct
/// links to nothing. Freed slots are reused last-in first-out, so the same calls give the same indices.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
public sealed class Arena<T> : IDisposable
    where T : unmanaged
{
    private readonly NativeArray<T> _items;
    private readonly NativeArray<int> _nextFree;
    private int _firstFree;

    /// <summary>Reserves room for <paramref name="capacity"/> live elements.</summary>
    public Arena(int capacity)
    {
        Capacity = capacity;
        _items = new NativeArray<T>((ulong)capacity + 1);
        _nextFree = new NativeArray<int>((ulong)capacity + 1);
    }

    /// <summary>The most elements that can be live at once.</summary>
    public int Capacity { get; }

    /// <summary>The number of live elements.</summary>
    public int Count { get; private set; }

    /// <summary>One past the highest index ever handed out.</summary>
    public int HighWater { get; private set; } = 1;

    /// <summary>The element at an index that <see cref="Allocate"/> returned.</summary>
    public ref T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _items[index];
    }

    /// <summary>Hands out a zeroed element; 0 when the arena is full.</summary>
    public int Allocate()
    {
        int index = _firstFree;
        if (index != 0)
        {
            _firstFree = _nextFree[index];
        }
        else
        {
            if (HighWater > Capacity)
                return 0;
            index = HighWater++;
        }

        Count++;
        _items[index] = default;
        return index;
    }

    /// <summary>Takes an element back.</summary>
    public void Free(int index)
    {
        _nextFree[index] = _firstFree;
        _firstFree = index;
        Count--;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _items.Dispose();
        _nextFree.Dispose();
    }
}
