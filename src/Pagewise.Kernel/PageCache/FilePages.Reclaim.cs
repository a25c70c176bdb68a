using Pagewise.Abi;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Swap;

namespace Pagewise.Kernel.PageCache;

/// <content>Pages that leave when memory is short, and shared memory that comes back from swap (mm/filemap.c, mm/shmem.c).</content>
public sealed partial class FilePages
{
    /// <summary>Pages of shared memory that had to be read from swap so far.</summary>
    public long SwapReads { get; private set; }

    /// <summary>
    /// Takes a page out of the cache for reclaim (__remove_mapping): a shadow stays in its place, or nothing for shared
    /// memory that was never written. The cache's reference is the caller's to drop.
    /// </summary>
    /// <param name="pfn">The page.</param>
    /// <param name="target">The cgroup that is reclaimed for; 0: the whole machine.</param>
    internal void Evict(uint pfn, int target)
    {
        ref PageFrame frame = ref _memMap[pfn];
        // Linux takes a large folio as a whole; here its pages go one by one, so it is one no more.
        if (frame.FolioOrder != 0)
            SplitFolio(pfn, frame.Index, uniform: true);
        ref Inode file = ref _inodes.Inodes[frame.Mapping];
        bool isShmem = file.Kind == InodeKind.Shmem;
        Detach(ref file, ref frame, isShmem ? 0 : _lru.Evict(pfn, target));
    }

    /// <summary>
    /// Gives a page of shared memory that nothing maps a slot of swap, and moves it from the file's cache into the swap
    /// cache, dirty (shmem_writepage). False when swap is full, or too large for an entry of the index.
    /// </summary>
    internal bool MoveToSwap(uint pfn)
    {
        ref PageFrame frame = ref _memMap[pfn];
        SwpEntry slot = _swap.AllocateSlot(pfn);
        if (slot.IsNone)
            return false;
        _ = _swap.Add(pfn, slot);
        _swap.Duplicate(slot);
        ref Inode file = ref _inodes.Inodes[frame.Mapping];
        NoteSwapped(frame.Mapping);
        file.SwappedPages++;
        Detach(ref file, ref frame, slot.ToIndexEntry());
        frame.RefCount--;
        return true;
    }

    /// <summary>
    /// What stands in the index of a range for pages that are not in memory is given up: slots of swap (shmem_free_swap), and
    /// shadows (truncate_folio_batch_exceptionals).
    /// </summary>
    internal void FreeValues(int inode, ulong first, ulong last)
    {
        ref Inode file = ref _inodes.Inodes[inode];
        for (ulong index = first; ; index++)
        {
            ulong entry = _index.Next(in file.Pages, ref index, last);
            if (entry == 0)
                break;
            if (IsEvicted(in file, entry))
            {
                Remove(inode, index);
                continue;
            }

            if (!XaNode.IsValue(entry) || file.Kind != InodeKind.Shmem)
                continue;
            _ = _index.Store(ref file.Pages, index, 0);
            SwpEntry slot = SwpEntry.FromIndexEntry(entry);
            if (slot.IsLost)
                continue;
            file.SwappedPages--;
            _swap.FreeAndCache(slot);
        }

        ForgetSwapped(inode);
    }

    /// <summary>Whether a page of shared memory is in swap: <see cref="Find"/> has failed to bring it back.</summary>
    internal bool IsInSwap(int inode, ulong index)
    {
        ref Inode file = ref _inodes.Inodes[inode];
        return file.Kind == InodeKind.Shmem && XaNode.IsValue(_index.Load(in file.Pages, index));
    }

    /// <summary>Pages of shared memory in a range that are in swap (shmem_partial_swap_usage).</summary>
    internal ulong SwapUsage(int inode, ulong first, ulong last)
    {
        ref Inode file = ref _inodes.Inodes[inode];
        ulong pages = 0;
        for (ulong index = first; file.Kind == InodeKind.Shmem; index++)
        {
            ulong entry = _index.Next(in file.Pages, ref index, last);
            if (entry == 0)
                break;
            pages += XaNode.IsValue(entry) ? 1UL : 0;
        }

        return pages;
    }

    /// <summary>The slots that a file of shared memory has in swap, for walkers.</summary>
    internal List<SwpEntry> SwapSlotsOf(int inode)
    {
        var slots = new List<SwpEntry>();
        ref Inode file = ref _inodes.Inodes[inode];
        for (ulong index = 0; file.Kind == InodeKind.Shmem; index++)
        {
            ulong entry = _index.Next(in file.Pages, ref index, ulong.MaxValue >> 12);
            if (entry == 0)
                break;
            if (XaNode.IsValue(entry) && SwpEntry.FromIndexEntry(entry) is { IsLost: false } slot)
                slots.Add(slot);
        }

        return slots;
    }

    /// <summary>Brings a page of shared memory back (shmem_swapin_folio): out of the swap cache into the file's, dirty, for its slot goes free.</summary>
    private uint SwapIn(int inode, ulong index, SwpEntry slot, bool isFault, out bool noMemory)
    {
        noMemory = false;
        if (slot.IsLost)
            return 0;
        uint pfn = _swap.Get(slot);
        if (pfn != 0)
        {
            _memMap[pfn].RefCount++;
        }
        else
        {
            pfn = _swap.ReadWithNeighbours(slot, out _);
            if (isFault)
            {
                SwapReads++;
                _stat.PgMajFault++;
                _lru.Memcgs.Count(_lru.Memcgs.Current, MemcgStat.PgMajFault, 1);
            }
        }

        noMemory = pfn == 0;
        if (noMemory)
            return 0;
        _swap.WaitForRead(pfn);
        ref PageFrame frame = ref _memMap[pfn];
        ref Inode file = ref _inodes.Inodes[inode];
        // A write of it that is still under way ends first, for the slot is given up (folio_wait_writeback).
        _swap.WaitForWrite(pfn);
        bool isLost = (frame.Flags & PageFlags.Error) != 0;
        _ = _index.Store(ref file.Pages, index, isLost ? SwpEntry.LostIndexEntry : pfn);
        _swap.Remove(pfn, 0);
        _swap.Free(slot);
        file.SwappedPages--;
        if (isLost)
        {
            // shmem_set_folio_swapin_error: who looks for it later learns the same.
            _lru.Put(pfn);
            _lru.Put(pfn);
            return 0;
        }

        frame.Flags |= PageFlags.PageCache | PageFlags.SwapBacked | PageFlags.Dirty;
        frame.Mapping = inode;
        frame.Index = index;
        file.CachedPages++;
        CountPage(file.Kind, frame.Memcg, 1);
        // The swap cache's reference becomes the page cache's; the look-up's goes.
        _lru.Put(pfn);
        return pfn;
    }

    /// <summary>The file of shared memory that had pages in swap last; 0: none had (shmem_swaplist).</summary>
    internal int FirstSwapped { get; private set; }

    /// <summary>Brings a file's pages back that a swap area has (shmem_unuse_inode). Those that cannot be read are lost.</summary>
    /// <returns>ENOMEM when no frame is left.</returns>
    internal Errno Unuse(int inode, int type)
    {
        for (ulong index = 0; ; index++)
        {
            ref Inode file = ref _inodes.Inodes[inode];
            ulong entry = _index.Next(in file.Pages, ref index, ulong.MaxValue >> 12);
            if (entry == 0)
                return Errno.None;
            if (!XaNode.IsValue(entry) || SwpEntry.FromIndexEntry(entry) is not { IsLost: false } slot || slot.Type != type)
                continue;
            _ = SwapIn(inode, index, slot, isFault: false, out bool noMemory);
            if (noMemory)
                return Errno.ENOMEM;
        }
    }

    /// <summary>Takes a file without pages in swap from the list of those with some; one that has some stays.</summary>
    internal void ForgetSwapped(int inode)
    {
        ref Inode file = ref _inodes.Inodes[inode];
        if (file.PreviousSwapped == 0 || file.SwappedPages != 0)
            return;
        if (file.PreviousSwapped < 0)
            FirstSwapped = file.NextSwapped;
        else
            _inodes.Inodes[file.PreviousSwapped].NextSwapped = file.NextSwapped;
        if (file.NextSwapped != 0)
            _inodes.Inodes[file.NextSwapped].PreviousSwapped = file.PreviousSwapped;
        file.PreviousSwapped = 0;
        file.NextSwapped = 0;
    }

    private void NoteSwapped(int inode)
    {
        ref Inode file = ref _inodes.Inodes[inode];
        if (file.PreviousSwapped != 0)
            return;
        file.PreviousSwapped = -1;
        file.NextSwapped = FirstSwapped;
        if (FirstSwapped != 0)
            _inodes.Inodes[FirstSwapped].PreviousSwapped = inode;
        FirstSwapped = inode;
    }

    private void Detach(ref Inode file, ref PageFrame frame, ulong entry)
    {
        _ = _index.Store(ref file.Pages, frame.Index, entry);
        frame.Flags &= ~PageFlags.PageCache;
        file.CachedPages--;
        if (IsEvicted(in file, entry))
            file.ShadowPages++;
        CountPage(file.Kind, frame.Memcg, -1);
        if (file.CachedPages == 0)
            _inodes.AddUnused(frame.Mapping, isPut: false);
    }
}
