using Pagewise.Kernel.Block;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.PageCache;

/// <summary>
/// Reads of file pages that are under way (mpage_readahead, fs/mpage.c): contiguous pages go to the device as one
/// request, and become readable when it completes. A file lies in one piece on the first device.
/// </summary>
public sealed class PageReads : IBlockCompletion, IDisposable
{
    private const int MostPages = 256; // BIO_MAX_VECS

    private readonly FilePages _pages;
    private readonly MemMap _memMap;
    private readonly BlockDevices _devices;
    private readonly EventQueue _events;
    private readonly Clock _clock;
    private readonly VmStat _stat;
    private readonly Arena<Run> _runs = new(1 << 20);
    private readonly int _completion;
    private readonly uint _requestPages;

    /// <summary>No read is under way.</summary>
    public PageReads(FilePages pages, MemMap memMap, BlockDevices devices, EventQueue events, Clock clock, VmStat stat)
    {
        _pages = pages;
        _memMap = memMap;
        _devices = devices;
        _events = events;
        _clock = clock;
        _stat = stat;
        _completion = devices.Register(this);
        _requestPages = (uint)Math.Min(MostPages, devices.SpecOf(0).MaxSectorsKb / 4);
    }

    /// <summary>Starts to read pages that were just added to the cache, one after the other in the file (read_pages).</summary>
    public void Submit(int inode, ulong first, ulong pages)
    {
        _clock.CachedPages += (long)pages;
        if (pages > 0 && !_pages.Extents.IsKnown(inode, first))
            FindExtents(inode, first, pages);
        while (pages > 0)
        {
            uint count = (uint)Math.Min(pages, _requestPages);
            // A request fails as a whole (bio_endio).
            PageFlags error = _devices.Fails(0, BlockOp.Read, SectorOf(inode, first), count) ? PageFlags.Error : PageFlags.None;
            for (ulong index = first; index < first + count; index++)
            {
                uint pfn = _pages.FrameAt(inode, index);
                _memMap[pfn].Flags = (_memMap[pfn].Flags & ~PageFlags.Error) | PageFlags.Reading | error;
                if (error == PageFlags.None)
                    _pages.Blocks.Read(inode, index, pfn);
            }

            int run = _runs.Allocate();
            _runs[run] = new Run { Inode = inode, First = first, Pages = count };
            _stat.PgPgIn += count * (Pfn.SizeBytes / 1024);
            _devices.Submit(0, BlockOp.Read, SectorOf(inode, first), count, _completion, run);
            first += count;
            pages -= count;
        }
    }

    /// <summary>Reads where pages lie; meanwhile they are locked, so that none is reclaimed.</summary>
    private void FindExtents(int inode, ulong first, ulong pages)
    {
        for (ulong index = first; index < first + pages; index++)
            _memMap[_pages.FrameAt(inode, index)].Flags |= PageFlags.Reading;
        _pages.Extents.Read(inode, first, this);
    }

    /// <summary>Waits until a page can be read (folio_wait_locked). A reference keeps it from being reclaimed as soon as it can.</summary>
    public void Wait(uint pfn)
    {
        if ((_memMap[pfn].Flags & PageFlags.Reading) == 0)
            return;
        // psi_memstall_enter: a page of the working set is missed.
        bool stalls = (_memMap[pfn].Flags & PageFlags.Workingset) != 0;
        if (stalls)
            _events.Psi.MemstallEnter();
        _memMap[pfn].RefCount++;
        while ((_memMap[pfn].Flags & PageFlags.Reading) != 0)
            _events.WaitForNext();
        _memMap[pfn].RefCount--;
        if (stalls)
            _events.Psi.MemstallLeave();
    }

    /// <summary>Waits until a page can be read; one that came in a request that failed is asked for once more, alone (filemap_read_folio).</summary>
    /// <returns>Whether its bytes are there.</returns>
    public bool WaitOrRetry(int inode, ulong index, uint pfn)
    {
        Wait(pfn);
        if ((_memMap[pfn].Flags & PageFlags.Error) == 0)
            return true;
        Submit(inode, index, 1);
        Wait(pfn);
        return (_memMap[pfn].Flags & PageFlags.Error) == 0;
    }

    /// <summary>The first sector of a page of a file.</summary>
    public static ulong SectorOf(int inode, ulong index) => ((ulong)inode << 40) + (index * BlockDevices.SectorsPerPage);

    /// <summary>A request is done: its pages can be read.</summary>
    void IBlockCompletion.Complete(int argument)
    {
        Run run = _runs[argument];
        _runs.Free(argument);
        for (ulong index = run.First; index < run.First + run.Pages; index++)
            _memMap[_pages.FrameAt(run.Inode, index)].Flags &= ~PageFlags.Reading;
    }

    /// <inheritdoc/>
    public void Dispose() => _runs.Dispose();

    private struct Run
    {
        public int Inode;
        public ulong First;
        public uint Pages;
    }
}
