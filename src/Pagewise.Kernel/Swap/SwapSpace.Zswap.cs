using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Swap;

/// <content>Between the swap cache and zswap.</content>
public sealed partial class SwapSpace
{
    /// <summary>Compares what cgroups pay for with what zswap keeps. For tests.</summary>
    /// <exception cref="InvalidOperationException">They disagree; the message says where.</exception>
    internal void ValidateZswap() => _zswap?.Validate();

    private void ReadCompressed(uint pfn, SwpEntry entry)
    {
        ref PageFrame frame = ref _memMap[pfn];
        bool stalls = (frame.Flags & PageFlags.Workingset) != 0;
        if (stalls)
            _events.Psi.MemstallEnter();
        // Kept no longer, its slot is out of date.
        if (_zswap!.Load(entry, _memMap.Write(pfn), (frame.Flags & PageFlags.SwapCache) != 0))
            frame.Flags |= PageFlags.Dirty;
        if (stalls)
            _events.Psi.MemstallLeave();
    }

    /// <summary>
    /// Writes a page that zswap keeps to its slot, by way of a new page of the swap cache, which goes to the old end of its
    /// list when that is done (zswap_writeback_entry).
    /// </summary>
    /// <returns>False: it is in the swap cache already, its slot is free, or no frame is left.</returns>
    private bool WriteBackCompressed(SwpEntry entry)
    {
        const Gfp gfp = Gfp.HighMem | Gfp.Movable | Gfp.KswapdReclaim | Gfp.NoWarn;
        if (Find(entry) != 0 || Slot(entry).Count == 0)
            return false;
        uint pfn = _allocator.AllocPages(gfp, 0);
        if (pfn == 0)
            return false;
        if (!_lru.Memcgs.ChargeSwapin(pfn, MemcgOf(entry), gfp))
        {
            _allocator.FreePages(pfn, 0);
            return false;
        }

        _memMap[pfn].Flags |= PageFlags.SwapBacked;
        ulong shadow = Add(pfn, entry);
        if (shadow != 0)
            _lru.Refault(pfn, shadow);
        _lru.Add(pfn);
        _ = _zswap!.Peek(entry, _memMap.Write(pfn));
        _clock.DecompressedPages++;
        _zswap.CountWrittenBack(entry);
        _zswap.Invalidate(entry);
        _memMap[pfn].Flags |= PageFlags.Reclaim;
        WriteToArea(pfn, entry);
        if ((_memMap[pfn].Flags & PageFlags.Writeback) == 0)
            _memMap[pfn].Flags &= ~PageFlags.Reclaim;
        Unplug();
        _lru.Put(pfn);
        return true;
    }
}
