using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Faults;

internal sealed partial class PageTablesOf<TFormat>
{
    private const ulong LastPage = ulong.MaxValue >> Pfn.Shift;

    public override void Truncate(int inode, ulong newSizeBytes)
    {
        ulong first = (newSizeBytes + Pfn.SizeBytes - 1) >> Pfn.Shift;
        UnmapMapping(inode, first, LastPage, evenCows: true);
        ref Inode file = ref _inodes.Inodes[inode];
        file.WarmPages = Math.Min(file.WarmPages, Math.Min(file.SizePages, first));
        RemovePages(inode, first, LastPage);
        ulong offset = newSizeBytes & (Pfn.SizeBytes - 1);
        if (offset != 0)
            ClearTail(inode, newSizeBytes >> Pfn.Shift, (int)offset, isCut: newSizeBytes < file.SizeBytes);
    }

    /// <summary>Takes the contents of whole pages away (fallocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)).</summary>
    private void PunchHole(int inode, ulong first, ulong last)
    {
        UnmapMapping(inode, first, last, evenCows: false);
        RemovePages(inode, first, last);
    }

    /// <summary>
    /// Unmaps pages of a file from every address space that maps them (unmap_mapping_range).
    /// </summary>
    /// <param name="inode">The file.</param>
    /// <param name="first">First page.</param>
    /// <param name="last">Last page.</param>
    /// <param name="evenCows">Private copies too: truncation says yes, a hole no.</param>
    private void UnmapMapping(int inode, ulong first, ulong last, bool evenCows)
    {
        for (int vma = _inodes.Inodes[inode].FirstMapping; vma != 0; vma = _vmas[vma].SharedNext)
        {
            ref VmArea area = ref _vmas[vma];
            ulong areaLast = area.PgOff + area.Pages - 1;
            if (area.PgOff > last || areaLast < first)
                continue;
            ulong start = area.Start + ((Math.Max(first, area.PgOff) - area.PgOff) << Pfn.Shift);
            ulong end = area.Start + ((Math.Min(last, areaLast) - area.PgOff + 1) << Pfn.Shift);
            Zap(area.Mm, start, end, keepMarkers: true, evenCows);
        }
    }

    /// <summary>Takes pages whose contents are gone out of the page cache (truncate_inode_pages_range).</summary>
    private void RemovePages(int inode, ulong first, ulong last)
    {
        _lru.Drain();
        CutFolio(inode, first, first, last);
        CutFolio(inode, last, first, last);
        ulong index = first;
        while (true)
        {
            uint pfn = _pages.NextFrame(inode, ref index, last);
            if (pfn == 0)
                break;
            _reads.Wait(pfn);
            _writeback.Wait(pfn);
            ulong start = _pages.FolioStart(pfn);
            ulong end = start + _pages.FolioPages(pfn);
            if (start >= first && end - 1 <= last)
                _pages.Remove(inode, index);
            else
                _memMap.Clear(pfn);
            index++;
        }

        _pages.FreeValues(inode, first, last);
        _pages.Blocks.Discard(inode, first, last);
        _pages.EvictWarm(inode, first, last);
    }

    /// <summary>
    /// Splits a large folio that straddles an end of the range, so that its part can go (truncate_inode_partial_folio).
    /// Either way nothing maps it afterwards. It stays whole while it has a buffer to be written outside the range, for
    /// that cannot be released (try_to_free_buffers).
    /// </summary>
    private void CutFolio(int inode, ulong page, ulong first, ulong last)
    {
        ulong index = page;
        uint pfn = _pages.NextFrame(inode, ref index, page);
        if (pfn == 0 || _memMap[pfn].FolioOrder == 0)
            return;
        ulong start = _pages.FolioStart(pfn);
        ulong end = start + _pages.FolioPages(pfn);
        if (start >= first && end - 1 <= last)
            return;
        UnmapMapping(inode, start, end - 1, evenCows: false);
        if (_inodes.Inodes[inode].Kind == InodeKind.Regular)
        {
            // discard_buffer: what is gone need not be written any more.
            for (ulong i = Math.Max(start, first); i <= Math.Min(end - 1, last); i++)
                _pages.ClearDirty(_pages.Find(inode, i, out _));
            if (_pages.IsFolioDirty(pfn))
                return;
        }

        _pages.SplitFolio(pfn, Math.Max(start, first), uniform: false);
        if (last + 1 >= end)
            return;
        index = last + 1;
        pfn = _pages.NextFrame(inode, ref index, last + 1);
        if (pfn != 0 && _memMap[pfn].FolioOrder != 0)
            _pages.SplitFolio(pfn, last + 1, uniform: false);
    }

    /// <summary>The rest of the page that a file now ends in reads as zero, and is to be written so (block_truncate_page).</summary>
    private void ClearTail(int inode, ulong index, int offsetBytes, bool isCut)
    {
        _pages.Blocks.ClearTail(inode, index, offsetBytes);
        uint pfn = _pages.FrameAt(inode, index);
        if (pfn == 0)
            return;
        if ((_memMap[pfn].Flags & PageFlags.HasData) != 0)
            _memMap.Memory.Frame(pfn)[offsetBytes..].Clear();
        if (isCut && _inodes.Inodes[inode].Kind == InodeKind.Regular)
            _pages.MarkDirty(pfn);
    }
}
