using System.Runtime.InteropServices;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Swap;

/// <summary>
/// The memory that the pages of a zram device take (zram_bvec_write, drivers/block/zram, 6.1): none for a page of one
/// repeated word, else what its compressed bytes need in a <see cref="ZsPool"/>. The bytes themselves the area keeps.
/// </summary>
internal sealed class ZramPages : IDisposable
{
    /// <summary>
    /// What half a page stands for: 860 pages of kernel modules and a static program, such as an initramfs holds, came to
    /// 47 % of their size with lzo-rle.
    /// </summary>
    private const int UnknownBytes = Pfn.SizeBytes / 2;

    private readonly ZsPool _pool;
    private readonly NativeArray<int> _objects;

    public ZramPages(uint pages, BuddyAllocator allocator)
    {
        _pool = new ZsPool(allocator);
        _objects = new NativeArray<int>(pages);
        _objects.PreferLargePages();
    }

    /// <summary>Frames in use.</summary>
    public long Frames => _pool.Frames;

    /// <summary>Keeps a page in a slot in place of what was there.</summary>
    /// <param name="offset">The slot.</param>
    /// <param name="page">Its bytes.</param>
    /// <param name="hasData">Whether they may be other than zero.</param>
    /// <param name="isUnknown">Whether nobody knows what they are.</param>
    /// <returns>False: no memory is left for it, an I/O error.</returns>
    public bool Store(uint offset, ReadOnlySpan<byte> page, bool hasData, bool isUnknown)
    {
        int length = isUnknown ? UnknownBytes : hasData ? LengthOf(page) : 0;
        int kept = 0;
        if (length != 0)
        {
            kept = _pool.Allocate(length >= _pool.HugeBytes ? Pfn.SizeBytes : length);
            if (kept == 0)
                return false;
        }

        Free(offset);
        _objects[offset] = kept;
        return true;
    }

    /// <summary>Forgets what a slot keeps (zram_slot_free_notify).</summary>
    public void Free(uint offset)
    {
        if (_objects[offset] == 0)
            return;
        _pool.Free(_objects[offset]);
        _objects[offset] = 0;
    }

    /// <summary>Tells the host's CPU that a slot will be looked at soon. Changes nothing in the model.</summary>
    public void Prefetch(uint offset) => _objects.Prefetch(offset);

    /// <summary>Adds the frames in use to a list, for walkers.</summary>
    public void CollectFrames(List<uint> into)
    {
        List<int> kept = [];
        for (uint offset = 0; offset < _objects.Length; offset++)
        {
            if (_objects[offset] != 0)
                kept.Add(_objects[offset]);
        }

        _pool.CollectFrames(into, kept);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pool.Dispose();
        _objects.Dispose();
    }

    private static int LengthOf(ReadOnlySpan<byte> page)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(page);
        return words.IndexOfAnyExcept(words[0]) < 0 ? 0 : LzoRle.LengthOf(page);
    }
}
