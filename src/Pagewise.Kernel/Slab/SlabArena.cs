using Pagewise.Kernel.PageAllocator;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Slab;

/// <summary>Structs of the model that each stand in an object of a kmem cache: made with one, ended with it.</summary>
/// <typeparam name="T">The element.</typeparam>
public sealed class SlabArena<T> : IDisposable
    where T : unmanaged
{
    private readonly KmemCache _cache;
    private readonly NativeArray<ulong> _objects;

    /// <summary>Reserves room.</summary>
    /// <param name="capacity">The most elements that can be live at once.</param>
    /// <param name="cache">Where their objects come from.</param>
    public SlabArena(int capacity, KmemCache cache)
    {
        _cache = cache;
        Items = new Arena<T>(capacity);
        _objects = new NativeArray<ulong>((ulong)capacity + 1);
    }

    /// <summary>The elements, for reading and writing; they come and go through this class alone.</summary>
    public Arena<T> Items { get; }

    /// <summary>Adds the objects in use to a list.</summary>
    public void CollectObjects(List<ulong> into)
    {
        for (int index = 1; index < Items.HighWater; index++)
        {
            if (_objects[index] != 0)
                into.Add(_objects[index]);
        }
    }

    /// <summary>Hands out a zeroed element; 0 when no memory is left.</summary>
    public int Allocate() => Allocate(Gfp.Kernel);

    /// <summary>Hands out a zeroed element; 0 when no memory is left.</summary>
    /// <param name="gfp">How hard its object is asked for.</param>
    public int Allocate(Gfp gfp)
    {
        ulong item = _cache.Allocate(gfp);
        if (item == 0)
            return 0;
        int index = Items.Allocate();
        if (index == 0)
            _cache.Free(item);
        else
            _objects[index] = item;
        return index;
    }

    /// <summary>The object of an element; 0: it has none any more.</summary>
    public ulong ObjectOf(int index) => _objects[index];

    /// <summary>Takes an element back.</summary>
    public void Free(int index)
    {
        FreeObject(index);
        Items.Free(index);
    }

    /// <summary>Takes an element's object back and keeps the element: who ended is still asked about.</summary>
    public void FreeObject(int index)
    {
        _cache.Free(_objects[index]);
        _objects[index] = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Items.Dispose();
        _objects.Dispose();
    }
}
