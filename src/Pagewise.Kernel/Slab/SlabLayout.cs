using System.Numerics;
using Pagewise.Abi;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Slab;

/// <summary>How a cache cuts its slabs: object size, order and counts, as SLUB computes them (calculate_sizes, calculate_order in mm/slub.c).</summary>
/// <param name="Size">Bytes that an object takes, alignment included (s-&gt;size).</param>
/// <param name="Order">Order of a slab (s-&gt;oo).</param>
/// <param name="MinOrder">Order of a slab when memory is short (s-&gt;min).</param>
/// <param name="MinPartial">Slabs that a node keeps in its partial list even when they are empty (s-&gt;min_partial).</param>
/// <param name="CpuPartialSlabs">Slabs that a CPU keeps in its partial list (s-&gt;cpu_partial_slabs).</param>
public readonly record struct SlabLayout(int Size, int Order, int MinOrder, int MinPartial, int CpuPartialSlabs)
{
    private const int CacheLineBytes = 64;
    private const int WordBytes = 8;
    private const int MaxOrder = 3;
    private const int MinPartialLeast = 5;
    private const int MinPartialMost = 10;

    /// <summary>Objects of a slab of <see cref="Order"/>.</summary>
    public int ObjectsPerSlab => ObjectsOf(Order, Size);

    /// <summary>Pages of a slab of <see cref="Order"/>.</summary>
    public int PagesPerSlab => 1 << Order;

    /// <summary>The layout of a cache.</summary>
    /// <param name="objectBytes">Size of an object, 1 byte to 4 MiB.</param>
    /// <param name="alignBytes">Its alignment, a power of two; 0: a word's.</param>
    /// <param name="cacheLineAligned">SLAB_HWCACHE_ALIGN: at least a cache line, or the part of it that small objects fill evenly.</param>
    /// <param name="kernel">The release.</param>
    /// <param name="cpus">CPUs: more of them get larger slabs.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size or the alignment is out of range.</exception>
    public static SlabLayout Of(int objectBytes, int alignBytes, bool cacheLineAligned, KernelVersion kernel, int cpus)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(objectBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(objectBytes, Pfn.SizeBytes << PageOrder.Max);
        if (alignBytes < 0 || (alignBytes != 0 && !BitOperations.IsPow2(alignBytes)) || alignBytes > Pfn.SizeBytes)
            throw new ArgumentOutOfRangeException(nameof(alignBytes), alignBytes, "a power of two up to a page");
        int align = AlignOf(objectBytes, alignBytes, cacheLineAligned);
        int size = (objectBytes + align - 1) & ~(align - 1);
        int order = CalculateOrder(size, kernel, cpus);
        int objects = size >= Pfn.SizeBytes ? 6 : size >= 1024 ? 24 : size >= 256 ? 52 : 120;
        int slabs = ((objects * 2) + ObjectsOf(order, size) - 1) / ObjectsOf(order, size);
        return new SlabLayout(size, order, OrderOf(size), Math.Clamp(BitOperations.Log2((uint)size) / 2, MinPartialLeast, MinPartialMost), slabs);
    }

    /// <summary>calculate_alignment.</summary>
    internal static int AlignOf(int objectBytes, int alignBytes, bool cacheLineAligned)
    {
        int align = Math.Max(alignBytes, WordBytes);
        if (!cacheLineAligned)
            return align;
        int line = CacheLineBytes;
        while (objectBytes <= line / 2)
            line /= 2;
        return Math.Max(align, line);
    }

    internal static int ObjectsOf(int order, int size) => (Pfn.SizeBytes << order) / size;

    // Enough objects for the number of CPUs, and little waste at the end: first a sixteenth, then more of it is accepted.
    private static int CalculateOrder(int size, KernelVersion kernel, int cpus)
    {
        int objects = Math.Min(4 * (Fls(cpus) + 1), ObjectsOf(MaxOrder, size));
        // 6.8 no longer gives up objects before it accepts half a slab of waste.
        bool keepsObjects = kernel >= new KernelVersion(6, 8);
        for (; objects > (keepsObjects ? 0 : 1); objects--)
        {
            for (int fraction = 16; fraction >= (keepsObjects ? 2 : 4); fraction /= 2)
            {
                int order = SlabOrder(size, objects, fraction);
                if (order <= MaxOrder)
                    return order;
            }

            if (keepsObjects)
                break;
        }

        return OrderOf(size);
    }

    /// <summary>calc_slab_order: the least order that holds the objects and wastes no more than 1/fraction; above 3 when none does.</summary>
    private static int SlabOrder(int size, int objects, int fraction)
    {
        int order = OrderOf(objects * size);
        while (order <= MaxOrder && (Pfn.SizeBytes << order) % size > (Pfn.SizeBytes << order) / fraction)
            order++;
        return order;
    }

    /// <summary>get_order: the least order that holds so many bytes.</summary>
    private static int OrderOf(int bytes)
    {
        int pages = (bytes + Pfn.SizeBytes - 1) / Pfn.SizeBytes;
        return pages <= 1 ? 0 : BitOperations.Log2((uint)(pages - 1)) + 1;
    }

    private static int Fls(int value) => 32 - BitOperations.LeadingZeroCount((uint)value);
}
