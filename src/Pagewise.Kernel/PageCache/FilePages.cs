using System.Numerics;
using System.Runtime.CompilerServices;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Slab;
using Pagewise.Kernel.Swap;

namespace Pagewise.Kernel.PageCache;

/// <summary>
/// Pages of files in memory: each inode's address_space (mm/filemap.c, mm/shmem.c). A frame of a warm file that has not
/// been looked at yet takes no frame: it is cached in name, and gets its frame when something finds it.
/// </summary>
public sealed partial class FilePages : IDisposable
{
    private readonly PageIndex _index;
    private readonly InodeTable _inodes;
    private readonly MemMap _memMap;
    private readonly BuddyAllocator _allocator;
    private readonly LruLists _lru;
    private readonly SwapSpace _swap;
    private readonly VmStat _stat;

    /// <summary>An empty page cache.</summary>
    public FilePages(InodeTable inodes, MemMap memMap, BuddyAllocator allocator, LruLists lru, SwapSpace swap, KmemCaches caches, VmStat stat)
    {
        _index = new PageIndex(caches.RadixTreeNode, stat);
        Shadows = new ShadowNodes(_index, inodes, lru, stat);
        Super = new SuperBlock(inodes, this, stat);
        lru.Memcgs.Reparent += _index.ShadowNodes.Reparent;
        lru.Memcgs.Reparent += inodes.Dentries.Reparent;
        lru.Memcgs.Reparent += inodes.Unused.Reparent;
        _inodes = inodes;
        _memMap = memMap;
        _allocator = allocator;
        _lru = lru;
        _swap = swap;
        _stat = stat;
        Blocks = new FileBlocks(memMap, inodes.Inodes.Capacity + 1);
        Buffers = new BufferCache(inodes, this, memMap, lru, caches, allocator.Zones.CpuCount);
        Extents = new ExtentTrees(inodes, Buffers);
    }

    /// <summary>What the file system keeps of its own blocks in memory.</summary>
    public BufferCache Buffers { get; }

    /// <summary>Frees nodes that keep nothing but shadows.</summary>
    internal ShadowNodes Shadows { get; }

    /// <summary>Takes names and inodes without users out of memory.</summary>
    internal SuperBlock Super { get; }

    /// <summary>Where files lie on their device.</summary>
    internal ExtentTrees Extents { get; }

    /// <summary>What files hold on their device.</summary>
    internal FileBlocks Blocks { get; }

    /// <summary>Who listens; null: no one.</summary>
    public IFileTracepoints? Tracepoints { get; set; }

    /// <summary>Adds the kernel objects of the page indices to a list.</summary>
    public void CollectObjects(List<ulong> into)
    {
        _index.CollectObjects(into);
        Buffers.CollectObjects(into);
    }

    /// <summary>Who writes what is dirty; null: no one, then pages stay dirty.</summary>
    public Writeback? Writeback { get; set; }

    /// <summary>Whether a page is in the cache (filemap_get_entry).</summary>
    public bool IsCached(int inode, ulong index)
    {
        ref Inode file = ref _inodes.Inodes[inode];
        ulong entry = _index.Load(in file.Pages, index);
        return !XaNode.IsValue(entry) && (entry != 0 || IsWarm(file, index));
    }

    /// <summary>The frame of a cached page.</summary>
    /// <returns>0 when it is not cached, or when it is cached in name and no frame is left for it (<paramref name="noMemory"/>).</returns>
    public uint Find(int inode, ulong index, out bool noMemory)
    {
        noMemory = false;
        ref Inode file = ref _inodes.Inodes[inode];
        ulong entry = _index.Load(in file.Pages, index);
        if (XaNode.IsValue(entry) && file.Kind == InodeKind.Shmem)
            return SwapIn(inode, index, SwpEntry.FromIndexEntry(entry), isFault: true, out noMemory);
        if (XaNode.IsValue(entry) || (entry == 0 && !IsWarm(file, index)))
            return 0;
        if (entry != 0)
            return (uint)entry;
        uint added = Add(inode, index);
        noMemory = added == 0;
        // What a tmpfs held from the start was written by someone.
        if (file.Kind == InodeKind.Shmem && !noMemory)
            _memMap[added].Flags |= PageFlags.Dirty;
        return added;
    }

    /// <summary>The frame of a page in the cache; 0 when it is not there, or there in name only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint FrameAt(int inode, ulong index)
    {
        ref Inode file = ref _inodes.Inodes[inode];
        ulong entry = _index.Load(in file.Pages, index);
        return XaNode.IsValue(entry) ? 0 : (uint)entry;
    }

    /// <summary>Puts a zeroed page into the cache (filemap_add_folio, shmem_alloc_and_add_folio).</summary>
    /// <param name="inode">The file.</param>
    /// <param name="index">The page.</param>
    /// <param name="extra">How hard to try, besides the file's own flags.</param>
    /// <returns>Its frame, 0 when none is left.</returns>
    public uint Add(int inode, ulong index, Gfp extra = Gfp.None)
    {
        uint pfn = _allocator.AllocPages(Gfp.UserPage | Gfp.Zero | extra, 0);
        if (pfn == 0)
            return 0;
        if (!_lru.Memcgs.ChargeFrame(pfn, Gfp.UserPage | extra))
        {
            _allocator.FreePages(pfn, 0);
            return 0;
        }

        ref Inode file = ref _inodes.Inodes[inode];
        if (!_index.Store(ref file.Pages, index, pfn, Gfp.UserPage | extra, out ulong shadow))
        {
            _allocator.FreePages(pfn, 0);
            return 0;
        }

        bool isShmem = file.Kind == InodeKind.Shmem;
        ref PageFrame frame = ref _memMap[pfn];
        frame.Flags |= PageFlags.PageCache | (isShmem ? PageFlags.SwapBacked : PageFlags.None);
        frame.Mapping = inode;
        frame.Index = index;
        file.CachedPages++;
        CountPage(file.Kind, frame.Memcg, 1);
        Tracepoints?.MmFilemapAddToPageCache(inode, index, pfn);
        if (IsEvicted(in file, shadow))
        {
            file.ShadowPages--;
            _lru.Refault(pfn, shadow);
        }

        _lru.Add(pfn);
        return pfn;
    }

    /// <summary>
    /// Puts a large folio into the cache, or a smaller one where pages are in the way (__filemap_get_folio). Its frames
    /// are single ones: only the grouping is modelled, since it decides what faults map and what a hole can free.
    /// </summary>
    /// <returns>Pages added, 0 when no frame is left.</returns>
    public ulong AddFolio(int inode, ulong index, int order)
    {
        ulong first = index & ~((1UL << order) - 1);
        while (order > 0 && !IsAbsent(inode, first, 1UL << order))
        {
            order--;
            first = index & ~((1UL << order) - 1);
        }

        for (ulong i = first; i < first + (1UL << order); i++)
        {
            uint pfn = Add(inode, i);
            if (pfn == 0)
            {
                while (i-- > first)
                {
                    _memMap[FrameAt(inode, i)].Flags &= ~PageFlags.Reading;
                    Remove(inode, i);
                }

                return 0;
            }

            // Locked, so that making room for the rest does not take it.
            _memMap[pfn].Flags |= PageFlags.Reading;
            _memMap[pfn].FolioOrder = order;
        }

        for (ulong i = first; i < first + (1UL << order); i++)
            _memMap[FrameAt(inode, i)].Flags &= ~PageFlags.Reading;
        return 1UL << order;
    }

    /// <summary>First page of the folio that a cached page belongs to.</summary>
    public ulong FolioStart(uint pfn) => _memMap[pfn].Index & ~(FolioPages(pfn) - 1);

    /// <summary>Pages of the folio that a cached page belongs to (folio_nr_pages).</summary>
    public ulong FolioPages(uint pfn) => 1UL << _memMap[pfn].FolioOrder;

    /// <summary>
    /// Splits a folio so that one page stands alone: halves, quarters … down to that page (non-uniform folio_split), or
    /// all of it into single pages (split_folio).
    /// </summary>
    public void SplitFolio(uint pfn, ulong splitAt, bool uniform)
    {
        int inode = _memMap[pfn].Mapping;
        ulong start = FolioStart(pfn);
        ulong end = start + FolioPages(pfn);
        int order = _memMap[pfn].FolioOrder;
        for (ulong i = start; i < end; i++)
        {
            // The highest bit in which a page differs from the split point is the order of the buddy it falls into.
            int own = uniform || i == splitAt ? 0 : BitOperations.Log2(i ^ splitAt);
            _memMap[Find(inode, i, out _)].FolioOrder = Math.Min(own, order);
        }
    }

    /// <summary>
    /// Takes a page that nothing maps out of the cache and gives its frame back once no reference is left.
    /// </summary>
    /// <param name="inode">The file.</param>
    /// <param name="index">The page.</param>
    public void Remove(int inode, ulong index)
    {
        ref Inode file = ref _inodes.Inodes[inode];
        ulong entry = _index.Load(in file.Pages, index);
        // Else it would be cached in name again.
        bool leavesShadow = file.Kind != InodeKind.Shmem && IsWarm(file, index);
        if (entry != 0 && !XaNode.IsValue(entry))
        {
            ClearDirty((uint)entry);
            file.CachedPages--;
            CountPage(file.Kind, _memMap[(uint)entry].Memcg, -1);
            Tracepoints?.MmFilemapDeleteFromPageCache(inode, index, (uint)entry);
            Put((uint)entry);
        }
        else if (IsEvicted(in file, entry))
        {
            file.ShadowPages--;
        }

        _ = _index.Store(ref file.Pages, index, leavesShadow ? XaNode.Shadow : 0);
        if (file.CachedPages == 0)
            _inodes.AddUnused(inode, isPut: false);
    }

    /// <summary>Makes the pages of a range that are cached in name only no longer so.</summary>
    public void EvictWarm(int inode, ulong first, ulong last)
    {
        ref Inode file = ref _inodes.Inodes[inode];
        if (first == 0 && last >= file.SizePages)
        {
            file.WarmPages = 0;
            _inodes.AddUnused(inode, isPut: false);
            return;
        }

        for (ulong index = first; index <= last && IsWarm(file, index); index++)
        {
            if (_index.Load(in file.Pages, index) == 0)
                _ = _index.Store(ref file.Pages, index, XaNode.Shadow);
        }
    }

    /// <summary>The next page of a range that has a frame; 0 when none.</summary>
    public uint NextFrame(int inode, ref ulong index, ulong last)
    {
        ref Inode file = ref _inodes.Inodes[inode];
        while (true)
        {
            ulong entry = _index.Next(in file.Pages, ref index, last);
            if (!XaNode.IsValue(entry))
                return (uint)entry;
            index++;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _index.Dispose();
        Blocks.Dispose();
        Buffers.Dispose();
    }

    private bool IsAbsent(int inode, ulong first, ulong pages)
    {
        for (ulong i = first; i < first + pages; i++)
        {
            if (IsCached(inode, i))
                return false;
        }

        return true;
    }

    /// <summary>Whether an entry of the index is the shadow of a page that reclaim took.</summary>
    private static bool IsEvicted(in Inode file, ulong entry) => XaNode.IsValue(entry) && entry != XaNode.Shadow && file.Kind != InodeKind.Shmem;

    private static bool IsWarm(in Inode file, ulong index) => index < file.WarmPages && index < file.SizePages;

    /// <summary>NR_FILE_PAGES and NR_SHMEM of the machine and of who pays.</summary>
    private void CountPage(InodeKind kind, int memcg, int change)
    {
        _stat.NrFilePages += change;
        _lru.Memcgs.Count(memcg, MemcgStat.File, change);
        if (kind != InodeKind.Shmem)
            return;
        _stat.NrShmem += change;
        _lru.Memcgs.Count(memcg, MemcgStat.Shmem, change);
    }

    /// <summary>Drops a reference (folio_put).</summary>
    private void Put(uint pfn)
    {
        _memMap[pfn].Flags &= ~(PageFlags.PageCache | PageFlags.Reclaim);
        _lru.Put(pfn);
    }
}
