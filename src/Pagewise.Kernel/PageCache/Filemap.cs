using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Lru;

namespace Pagewise.Kernel.PageCache;

/// <summary>Reading files through the page cache (mm/filemap.c), and the advice that posix_fadvise gives of it (mm/fadvise.c).</summary>
/// <param name="inodes">The files.</param>
/// <param name="pages">Their cached pages.</param>
/// <param name="memMap">Frames.</param>
/// <param name="lru">The LRU lists.</param>
/// <param name="readahead">What is read before it is asked for.</param>
/// <param name="reads">Reads under way.</param>
/// <param name="clock">Counts what is copied.</param>
/// <param name="drainsBeforeDrop">Whether vm.drop_caches first lets go what CPUs hold (MmFeatures.DrainsBeforeDroppingCaches).</param>
public sealed class Filemap(InodeTable inodes, FilePages pages, MemMap memMap, LruLists lru, Readahead readahead, PageReads reads, Clock clock, bool drainsBeforeDrop)
{
    private const int BatchPages = 15; // PAGEVEC_SIZE

    /// <summary>Readahead of the open files.</summary>
    public Readahead Readahead => readahead;

    /// <summary>
    /// Reads through the cache (filemap_read): up to 15 cached pages at a time, a mark ends them. What is missing is
    /// brought in by readahead, and waited for.
    /// </summary>
    /// <param name="file">The open file, by its number in the table of open files.</param>
    /// <param name="inode">The file.</param>
    /// <param name="position">The first byte, below the end of the file.</param>
    /// <param name="countBytes">How many; the request is not cut at the end of the file, what is read is.</param>
    /// <returns>Bytes read: fewer than wanted when the file ends or no frame is left.</returns>
    public ulong Read(int file, int inode, ulong position, ulong countBytes)
    {
        ref FileRaState ra = ref readahead[file];
        ulong size = inodes.Inodes[inode].SizeBytes;
        ulong last = (position + countBytes + Pfn.SizeBytes - 1) >> Pfn.Shift;
        ulong end = Math.Min(position + countBytes, size);
        ulong at = position;
        while (at < end)
        {
            ulong index = at >> Pfn.Shift;
            ulong batch = GetBatch(inode, index, last, out uint ending);
            if (batch == 0)
            {
                readahead.Sync(ref ra, inode, index, last - index);
                batch = GetBatch(inode, index, last, out ending);
            }

            if (batch == 0)
            {
                // filemap_create_folio: readahead got no frame.
                uint pfn = pages.Add(inode, index);
                if (pfn == 0)
                    break;
                reads.Submit(inode, index, 1);
                if (!reads.WaitOrRetry(inode, index, pfn))
                    break;
                continue;
            }

            if (ending != 0)
            {
                if ((memMap[ending].Flags & PageFlags.Reclaim) != 0)
                    readahead.Async(ref ra, inode, ending, last - memMap[ending].Index);
                if (!reads.WaitOrRetry(inode, memMap[ending].Index, ending))
                {
                    if (memMap[ending].Index == index)
                        break;
                    batch = memMap[ending].Index - index;
                }
            }

            // Several reads of one page, one after the other, are one use of it.
            bool isSamePage = at >> Pfn.Shift == (ulong)(ra.PreviousPosition - 1) >> Pfn.Shift;
            at = Math.Min(end, (index + batch) << Pfn.Shift);
            ra.PreviousPosition = (long)at;
            clock.TransferredPages += (long)(((at + Pfn.SizeBytes - 1) >> Pfn.Shift) - index);
            MarkAccessed(inode, isSamePage ? index + 1 : index, (at + Pfn.SizeBytes - 1) >> Pfn.Shift);
        }

        return at - position;
    }

    /// <summary>posix_fadvise(2) but DONTNEED (generic_fadvise).</summary>
    /// <param name="file">The open file.</param>
    /// <param name="inode">The file, on a device.</param>
    /// <param name="advice">POSIX_FADV_*.</param>
    /// <param name="offsetBytes">Where the range starts.</param>
    /// <param name="lengthBytes">Its length; 0: to the end of the file.</param>
    public void Advise(int file, int inode, Fadvice advice, ulong offsetBytes, ulong lengthBytes)
    {
        ref FileRaState ra = ref readahead[file];
        switch (advice)
        {
            case Fadvice.Normal:
                ra.RaPages = readahead.RaPages;
                ra.IsRandom = false;
                break;
            case Fadvice.Random:
                ra.IsRandom = true;
                break;
            case Fadvice.Sequential:
                ra.RaPages = readahead.RaPages * 2;
                ra.IsRandom = false;
                break;
            case Fadvice.WillNeed:
                ulong lastByte = LastByte(offsetBytes, lengthBytes);
                ulong first = offsetBytes >> Pfn.Shift;
                readahead.Force(in ra, inode, first, (lastByte >> Pfn.Shift) - first + 1);
                break;
        }
    }

    /// <summary>
    /// posix_fadvise(POSIX_FADV_DONTNEED) once what is dirty is on its way to the device: drops the whole pages of a range; a
    /// page that the range covers in part counts when the file ends in it.
    /// </summary>
    public void DontNeed(int inode, ulong offsetBytes, ulong lengthBytes)
    {
        ulong lastByte = LastByte(offsetBytes, lengthBytes);
        ulong first = (offsetBytes + Pfn.SizeBytes - 1) >> Pfn.Shift;
        ulong end = lastByte >> Pfn.Shift;
        bool isWhole = (lastByte & (Pfn.SizeBytes - 1)) == Pfn.SizeBytes - 1 || lastByte == inodes.Inodes[inode].SizeBytes - 1;
        if (!isWhole)
        {
            if (end == 0)
                return;
            end--;
        }

        if (end < first)
            return;
        lru.Drain();
        Invalidate(inode, first, end);
    }

    /// <summary>
    /// vm.drop_caches: drops what is clean and not mapped, of every file on a device (drop_pagecache_sb). What was cached
    /// in name only, and files not met yet, are then cached no longer. Simplified: pages in the CPUs' batches are dropped too,
    /// as from 6.6 on; before, they stay unless something has emptied the batches, as most calls that unmap do.
    /// </summary>
    public void DropCaches()
    {
        inodes.IsWarm = false;
        lru.DrainAll();
        if (drainsBeforeDrop)
            pages.Buffers.DropHeld();
        for (int inode = inodes.Inodes.HighWater - 1; inode > 0; inode--)
        {
            if (inodes.Inodes[inode].RefCount > 0 && inodes.Inodes[inode].Kind == InodeKind.Regular)
                Invalidate(inode, 0, ulong.MaxValue >> Pfn.Shift);
        }
    }

    /// <summary>
    /// Drops clean pages that nothing maps (invalidate_mapping_pages). Others are to leave memory soon: a dirty one gets the
    /// mark of pages to be reclaimed, which readahead takes for its own, when the CPU's batch of such pages is worked off:
    /// when there are 15, or once after the first 15 pages of a file that is looked through (percpu_pvec_drained).
    /// </summary>
    private void Invalidate(int inode, ulong first, ulong last)
    {
        int looked = 0;
        for (ulong index = first; index <= last; index++)
        {
            uint pfn = pages.NextFrame(inode, ref index, last);
            if (pfn == 0)
                break;
            if ((memMap[pfn].Flags & (PageFlags.Reading | PageFlags.Writeback)) != 0)
                continue;
            if (TryRelease(pfn))
                pages.Remove(inode, index);
            else
                lru.DeactivateFile(pfn);
            if (++looked == BatchPages)
                lru.Drain();
        }

        if (looked is > 0 and < BatchPages)
            lru.Drain();
        pages.EvictWarm(inode, first, last);
    }

    /// <summary>Whether nobody but the cache refers to a page, and its buffers can go (mapping_evict_folio).</summary>
    private bool TryRelease(uint pfn)
    {
        ref PageFrame frame = ref memMap[pfn];
        return frame.RefCount == 1 && (frame.Flags & PageFlags.Dirty) == 0
            && ((frame.Flags & PageFlags.Private) == 0 || pages.Buffers.TryFree(pfn));
    }

    /// <summary>The last byte of a range that an advice is about.</summary>
    public static ulong LastByte(ulong offsetBytes, ulong lengthBytes) =>
        lengthBytes == 0 || offsetBytes + lengthBytes - 1 > long.MaxValue || offsetBytes + lengthBytes < offsetBytes ? long.MaxValue : offsetBytes + lengthBytes - 1;

    private void MarkAccessed(int inode, ulong index, ulong end)
    {
        for (; index < end; index++)
        {
            uint pfn = pages.FrameAt(inode, index);
            if (pfn != 0)
                lru.MarkAccessed(pfn);
        }
    }

    /// <summary>How many pages from one on are cached, up to the batch's 15; a marked page or one that is being read is the last (filemap_get_read_batch).</summary>
    private ulong GetBatch(int inode, ulong index, ulong last, out uint ending)
    {
        ending = 0;
        ulong count = 0;
        while (count < BatchPages && index + count < last && pages.IsCached(inode, index + count))
        {
            uint pfn = pages.FrameAt(inode, index + count);
            count++;
            if (pfn != 0 && (memMap[pfn].Flags & (PageFlags.Reclaim | PageFlags.Reading)) != 0)
            {
                ending = pfn;
                break;
            }
        }

        return count;
    }
}
