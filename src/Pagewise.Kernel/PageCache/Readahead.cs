using Pagewise.Kernel.Block;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.PageCache;

/// <summary>
/// Readahead (mm/readahead.c): how much of a file is read, and when the next part is, from what one open file was asked
/// for. Pages are single ones; that ext4 puts them into larger folios from 6.16 on is not modelled here.
/// </summary>
public sealed partial class Readahead : IDisposable
{
    private const int MostFiles = 1 << 22;
    private const ulong ForcedBatchPages = (2 << 20) / 4096;

    private readonly NativeArray<FileRaState> _states = new(MostFiles + 1);
    private readonly InodeTable _inodes;
    private readonly FilePages _pages;
    private readonly MemMap _memMap;
    private readonly PageReads _reads;
    private readonly bool _knowsSides;
    private readonly ulong _ioPages;
    private ulong _raPages;

    /// <summary>Readahead of a machine's files.</summary>
    /// <param name="inodes">The files.</param>
    /// <param name="pages">Their cached pages.</param>
    /// <param name="memMap">Frames.</param>
    /// <param name="reads">Who reads.</param>
    /// <param name="device">The device that the files lie on.</param>
    /// <param name="knowsSides">Whether a missing and a marked page are decided on apart (MmFeatures.TellsMissesFromMarks).</param>
    /// <param name="raPages">read_ahead_kb of the device, in pages.</param>
    public Readahead(InodeTable inodes, FilePages pages, MemMap memMap, PageReads reads, BlockDeviceSpec device, bool knowsSides, ulong raPages)
    {
        _inodes = inodes;
        _pages = pages;
        _memMap = memMap;
        _reads = reads;
        _knowsSides = knowsSides;
        _ioPages = (ulong)device.MaxSectorsKb / 4;
        RaPages = raPages;
    }

    /// <summary>The device's read_ahead_kb in pages (bdi.ra_pages). Files take it over when they are opened.</summary>
    public ulong RaPages
    {
        get => _raPages;
        set
        {
            _raPages = value;
            Open(0); // areas without an open file of their own
        }
    }

    /// <summary>The state of an open file, by its number in the table of open files.</summary>
    public ref FileRaState this[int file] => ref _states[file];

    /// <summary>Begins anew for a file that is opened (file_ra_state_init).</summary>
    public void Open(int file) => _states[file] = new FileRaState { RaPages = _raPages, PreviousPosition = -1 };

    /// <summary>A page is missing (page_cache_sync_ra).</summary>
    /// <param name="ra">The open file's state.</param>
    /// <param name="inode">The file.</param>
    /// <param name="index">The missing page.</param>
    /// <param name="requestPages">Pages wanted from it on, not cut at the end of the file.</param>
    public void Sync(ref FileRaState ra, int inode, ulong index, ulong requestPages)
    {
        _pages.Tracepoints?.PageCacheSyncRa(inode, index, requestPages);
        if (ra.RaPages == 0)
            Force(in ra, inode, index, 1);
        else if (ra.IsRandom)
            Force(in ra, inode, index, requestPages);
        else if (_knowsSides)
            OnMiss(ref ra, inode, index, requestPages);
        else
            OnDemand(ref ra, inode, index, requestPages, isMarked: false);
    }

    /// <summary>A marked page was used (page_cache_async_ra): the next window is read before it is needed.</summary>
    /// <param name="ra">The open file's state.</param>
    /// <param name="inode">The file.</param>
    /// <param name="pfn">The marked page's frame.</param>
    /// <param name="requestPages">Pages wanted from it on.</param>
    public void Async(ref FileRaState ra, int inode, uint pfn, ulong requestPages)
    {
        ref PageFrame frame = ref _memMap[pfn];
        _pages.Tracepoints?.PageCacheAsyncRa(inode, frame.Index, requestPages);
        // Under writeback the bit means something else.
        if (ra.RaPages == 0 || (frame.Flags & PageFlags.Writeback) != 0)
            return;
        frame.Flags &= ~PageFlags.Reclaim;
        if (_knowsSides)
            OnMark(ref ra, inode, frame.Index, requestPages);
        else
            OnDemand(ref ra, inode, frame.Index, requestPages, isMarked: true);
    }

    /// <summary>
    /// Reads exactly what was asked for, as far as one request of the device or the window reaches, without marks
    /// (force_page_cache_ra).
    /// </summary>
    public void Force(in FileRaState ra, int inode, ulong index, ulong pages)
    {
        pages = Math.Min(pages, Math.Max(_ioPages, ra.RaPages));
        while (pages > 0)
        {
            ulong batch = Math.Min(pages, ForcedBatchPages);
            Read(inode, index, batch, 0);
            index += batch;
            pages -= batch;
        }
    }

    /// <summary>A fault missed: reads around the page (the end of do_sync_mmap_readahead).</summary>
    public void Around(ref FileRaState ra, int inode, ulong index)
    {
        ra.Start = index - Math.Min(index, ra.RaPages / 2);
        ra.Size = ra.RaPages;
        ra.AsyncSize = ra.RaPages / 4;
        Read(inode, ra.Start, ra.Size, ra.AsyncSize);
    }

    /// <inheritdoc/>
    public void Dispose() => _states.Dispose();

    /// <summary>
    /// Brings a batch of pages into the cache (do_page_cache_ra, page_cache_ra_unbounded): those that are missing are
    /// added and read, contiguous ones by one request. The batch ends with the file or where no frame is left.
    /// </summary>
    /// <param name="inode">The file.</param>
    /// <param name="start">The first page.</param>
    /// <param name="pages">How many.</param>
    /// <param name="lookahead">So many pages before the batch's end stands the mark, if that page is a new one.</param>
    private void Read(int inode, ulong start, ulong pages, ulong lookahead)
    {
        ulong filePages = _inodes.Inodes[inode].SizePages;
        if (start >= filePages)
            return;
        pages = Math.Min(pages, filePages - start);
        _pages.Tracepoints?.PageCacheRaUnbounded(inode, start, pages, lookahead);
        ulong run = start;
        for (ulong index = start; index < start + pages; index++)
        {
            if (_pages.IsCached(inode, index))
            {
                _reads.Submit(inode, run, index - run);
                run = index + 1;
                continue;
            }

            uint pfn = _pages.Add(inode, index, Gfp.NoRetry | Gfp.NoWarn);
            if (pfn == 0)
            {
                _reads.Submit(inode, run, index - run);
                return;
            }

            // Locked from the start, so that making room for the next ones does not take it.
            _memMap[pfn].Flags |= PageFlags.Reading;
            if (index - start == pages - lookahead && lookahead != 0)
                _memMap[pfn].Flags |= PageFlags.Reclaim;
        }

        _reads.Submit(inode, run, start + pages - run);
    }

    /// <summary>The window may be as long as one request of the device when more was asked for than it has.</summary>
    private ulong MaxPages(in FileRaState ra, ulong requestPages) =>
        requestPages > ra.RaPages && _ioPages > ra.RaPages ? Math.Min(requestPages, _ioPages) : ra.RaPages;

    /// <summary>The first page from an index on that is not cached, or one past the last looked at (page_cache_next_miss).</summary>
    private ulong NextMiss(int inode, ulong index, ulong most)
    {
        ulong end = index + most;
        while (index < end && _pages.IsCached(inode, index))
            index++;
        return index;
    }

    /// <summary>Cached pages directly below an index, at most so many less one; all of them when they reach down to the file's start (count_history_pages).</summary>
    private ulong HistoryPages(int inode, ulong index, ulong most)
    {
        ulong count = 0;
        while (count < index && count < most && _pages.IsCached(inode, index - 1 - count))
            count++;
        // A search that ends for its length ends on a page that is there.
        return count == most ? count - 1 : count;
    }
}
