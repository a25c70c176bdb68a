using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Frames;

namespace Pagewise.Kernel.PageCache;

/// <content>What differs from the device, and what is on its way there (mm/page-writeback.c).</content>
public sealed partial class FilePages
{
    /// <summary>Whether any page of a cached page's folio is dirty (folio_test_dirty).</summary>
    public bool IsFolioDirty(uint pfn) => HasFolio(pfn, PageFlags.Dirty);

    /// <summary>Whether any page of a cached page's folio is being written (folio_test_writeback).</summary>
    public bool IsFolioWriteback(uint pfn) => HasFolio(pfn, PageFlags.Writeback);

    /// <summary>Marks all of a cached page's folio to be written: a shared write fault does (block_page_mkwrite, block_dirty_folio).</summary>
    public void DirtyFolio(uint pfn)
    {
        ref PageFrame frame = ref _memMap[pfn];
        if ((frame.Flags & PageFlags.PageCache) == 0)
        {
            frame.Flags |= PageFlags.Dirty;
            return;
        }

        ulong start = FolioStart(pfn);
        for (ulong i = start; i < start + FolioPages(pfn); i++)
            MarkDirty(Find(frame.Mapping, i, out _));
    }

    /// <summary>
    /// Marks a cached page as one that differs from the device, and counts it (filemap_dirty_folio, folio_account_dirtied).
    /// The mark of readahead goes: it would make the page leave memory once it is written. Shared memory is not counted.
    /// </summary>
    public void MarkDirty(uint pfn)
    {
        ref PageFrame frame = ref _memMap[pfn];
        frame.Flags &= ~PageFlags.Reclaim;
        if ((frame.Flags & PageFlags.Dirty) != 0)
            return;
        frame.Flags |= PageFlags.Dirty;
        ref Inode file = ref _inodes.Inodes[frame.Mapping];
        if (file.Kind != InodeKind.Regular)
            return;
        _index.SetTag(ref file.Pages, frame.Index, PageTag.Dirty);
        _stat.NrDirty++;
        _lru.Memcgs.Count(frame.Memcg, MemcgStat.FileDirty, 1);
        _stat.NrDirtied++;
        if (file.DirtyPages++ == 0)
            Writeback?.InodeDirtied(frame.Mapping);
    }

    /// <summary>A page differs from the device no longer: it is written now, or its contents are gone (folio_account_cleaned).</summary>
    public void ClearDirty(uint pfn)
    {
        ref PageFrame frame = ref _memMap[pfn];
        if ((frame.Flags & PageFlags.Dirty) == 0)
            return;
        frame.Flags &= ~PageFlags.Dirty;
        ref Inode file = ref _inodes.Inodes[frame.Mapping];
        if (file.Kind != InodeKind.Regular)
            return;
        _index.ClearTag(ref file.Pages, frame.Index, PageTag.Dirty);
        _stat.NrDirty--;
        _lru.Memcgs.Count(frame.Memcg, MemcgStat.FileDirty, -1);
        if (--file.DirtyPages == 0)
            Writeback?.InodeCleaned(frame.Mapping);
    }

    /// <summary>A page begins to be written (folio_start_writeback).</summary>
    internal void StartWriteback(uint pfn)
    {
        ref PageFrame frame = ref _memMap[pfn];
        frame.Flags |= PageFlags.Writeback;
        ref Inode file = ref _inodes.Inodes[frame.Mapping];
        _index.SetTag(ref file.Pages, frame.Index, PageTag.Writeback);
        _stat.NrWriteback++;
        _lru.Memcgs.Count(frame.Memcg, MemcgStat.FileWriteback, 1);
    }

    /// <summary>A page is written (folio_end_writeback): one that was to leave memory then is the next to do so.</summary>
    internal void EndWriteback(uint pfn)
    {
        ref PageFrame frame = ref _memMap[pfn];
        frame.Flags &= ~PageFlags.Writeback;
        ref Inode file = ref _inodes.Inodes[frame.Mapping];
        _index.ClearTag(ref file.Pages, frame.Index, PageTag.Writeback);
        _stat.NrWriteback--;
        _lru.Memcgs.Count(frame.Memcg, MemcgStat.FileWriteback, -1);
        _stat.NrWritten++;
        if ((frame.Flags & PageFlags.Reclaim) == 0)
            return;
        frame.Flags &= ~PageFlags.Reclaim;
        _lru.RotateReclaimable(pfn);
    }

    /// <summary>The next page of a range that has a tag; 0 when none.</summary>
    public uint NextTagged(int inode, ref ulong index, ulong last, PageTag tag)
    {
        return (uint)_index.NextTagged(in _inodes.Inodes[inode].Pages, ref index, last, tag);
    }

    private bool HasFolio(uint pfn, PageFlags flag)
    {
        ulong start = FolioStart(pfn);
        int inode = _memMap[pfn].Mapping;
        for (ulong i = start; i < start + FolioPages(pfn); i++)
        {
            if ((_memMap[Find(inode, i, out _)].Flags & flag) != 0)
                return true;
        }

        return false;
    }
}
