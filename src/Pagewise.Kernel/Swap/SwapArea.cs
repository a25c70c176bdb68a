using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Swap;

/// <summary>One swap area (struct swap_info_struct): its slots, and the bytes that were written to it.</summary>
internal sealed class SwapArea : IDisposable
{
    private readonly NativeRange? _bytes;
    private readonly ISwapStore? _store;

    public SwapArea(SwapAreaSpec spec, int device, BuddyAllocator allocator)
    {
        if (spec.IsSynchronous)
            Compressed = new ZramPages(spec.Pages, allocator);
        Spec = spec;
        Device = device;
        Slots = new NativeArray<SwapSlot>(spec.Pages);
        Slots.PreferLargePages();
        Free = new FreeSlots(spec.Pages);
        _store = spec.OpenStore?.Invoke(spec);
        if (_store is null)
            _bytes = new NativeRange((ulong)spec.Pages << Pfn.Shift);
        LowestBit = 1;
        HighestBit = spec.Pages - 1;
        ClusterNext = 1;
        Priority = spec.Priority;
    }

    /// <summary>What it was made from.</summary>
    public SwapAreaSpec Spec { get; }

    /// <summary>The block device, by number; of no meaning to a synchronous area.</summary>
    public int Device { get; }

    /// <summary>The slots; 0 is the header.</summary>
    public NativeArray<SwapSlot> Slots { get; }

    /// <summary>Which slots are free: what <see cref="Slots"/> say, to be searched.</summary>
    public FreeSlots Free { get; }

    /// <summary>Of zram: the memory that its pages take; null: a device.</summary>
    public ZramPages? Compressed { get; }

    /// <summary>Usable slots (pages).</summary>
    public uint Pages => Spec.Pages - 1;

    /// <summary>Slots in use (inuse_pages).</summary>
    public uint InUsePages { get; set; }

    /// <summary>Slots whose page left a shadow in the swap cache.</summary>
    public uint Shadows { get; set; }

    /// <summary>Its priority (prio): areas that nobody gave one move up when one before them is switched off.</summary>
    public int Priority { get; set; }

    /// <summary>Whether pages may be written to it (SWP_WRITEOK): not while it is being emptied.</summary>
    public bool IsWritable { get; set; }

    /// <summary>No slot below is free (lowest_bit).</summary>
    public uint LowestBit { get; set; }

    /// <summary>No slot above is free (highest_bit); 0: none is.</summary>
    public uint HighestBit { get; set; }

    /// <summary>Where the search goes on (cluster_next).</summary>
    public uint ClusterNext { get; set; }

    /// <summary>Slots left of the cluster that is being filled (cluster_nr).</summary>
    public uint ClusterNr { get; set; }

    /// <summary>Copies the bytes of a slot; false: an I/O error.</summary>
    public bool Read(uint offset, Span<byte> page)
    {
        if (_store is not null)
            return _store.Read(offset, page);
        _bytes!.Bytes((ulong)offset << Pfn.Shift, Pfn.SizeBytes).CopyTo(page);
        return true;
    }

    /// <summary>Replaces the bytes of a slot; false: an I/O error.</summary>
    public bool Write(uint offset, ReadOnlySpan<byte> page)
    {
        if (_store is not null)
            return _store.Write(offset, page);
        page.CopyTo(_bytes!.Bytes((ulong)offset << Pfn.Shift, Pfn.SizeBytes));
        return true;
    }

    public void Dispose()
    {
        Slots.Dispose();
        Compressed?.Dispose();
        Free.Dispose();
        _bytes?.Dispose();
        _store?.Dispose();
    }
}
