using Pagewise.Abi;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.PageCache;

/// <summary>
/// Dirty pages of files and their way to the device (mm/page-writeback.c, fs/fs-writeback.c): limits, the task that dirties
/// and may have to wait, the flusher, and what fsync and its like write. One device, one flusher, no cgroups. What file
/// systems write besides, their metadata, is not modelled.
/// </summary>
public sealed partial class Writeback : IBlockCompletion, IAgent, IDisposable
{
    private const int MostPages = 256; // BIO_MAX_VECS
    private const uint MostExtentPages = 2048; // MAX_WRITEPAGES_EXTENT_LEN, fs/ext4/inode.c
    private const int MostTasks = 1 << 22;

    private readonly InodeTable _inodes;
    private readonly FilePages _pages;
    private readonly MemMap _memMap;
    private readonly BuddyAllocator _allocator;
    private readonly LruLists _lru;
    private readonly BlockDevices _devices;
    private readonly EventQueue _events;
    private readonly Clock _clock;
    private readonly VmStat _stat;
    private readonly Arena<Run> _runs = new(1 << 20);
    private readonly NativeArray<TaskDirty> _tasks = new(MostTasks + 1);
    private readonly int _completion;
    private readonly int _agent;
    private readonly uint _requestPages;
    private int _currentTask;

    /// <summary>Nothing is dirty.</summary>
    /// <param name="inodes">The files.</param>
    /// <param name="pages">Their cached pages.</param>
    /// <param name="memMap">Frames.</param>
    /// <param name="allocator">Who knows what is free.</param>
    /// <param name="lru">The LRU lists.</param>
    /// <param name="devices">The first of them holds the files.</param>
    /// <param name="events">What is due by the clock.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="stat">Counters.</param>
    /// <param name="settings">The sysctls.</param>
    public Writeback(InodeTable inodes, FilePages pages, MemMap memMap, BuddyAllocator allocator, LruLists lru, BlockDevices devices, EventQueue events, Clock clock, VmStat stat, DirtySettings settings)
    {
        _inodes = inodes;
        _pages = pages;
        _memMap = memMap;
        _allocator = allocator;
        _lru = lru;
        _devices = devices;
        _events = events;
        _clock = clock;
        _stat = stat;
        _settings = settings;
        _completion = devices.Register(this);
        _agent = events.Register(this);
        _requestPages = (uint)Math.Min(MostPages, devices.SpecOf(0).MaxSectorsKb / 4);
        InodeTable = new InodeTablePages(inodes, pages, clock);
    }

    /// <summary>The file system's inodes.</summary>
    public InodeTablePages InodeTable { get; }

    /// <summary>Who listens; null: no one.</summary>
    public IWritebackTracepoints? Tracepoints { get; set; }

    /// <summary>Who reaches the entries that map a page; without, no page is mapped.</summary>
    public IPageMkclean? Mkclean { get; set; }

    /// <summary>
    /// Starts to write the dirty pages of a range (do_writepages). Pages under writeback that were dirtied meanwhile are
    /// waited for and written once more where the caller wants all to be on the device, else left for later.
    /// </summary>
    /// <param name="inode">The file.</param>
    /// <param name="first">The first page.</param>
    /// <param name="last">The last page.</param>
    /// <param name="waits">WB_SYNC_ALL.</param>
    /// <param name="most">The most pages to write.</param>
    /// <param name="next">The page after the last that was looked at.</param>
    /// <returns>Pages that are being written now.</returns>
    public long Write(int inode, ulong first, ulong last, bool waits, long most, out ulong next)
    {
        long written = 0;
        (ulong index, last) = WholeFolios(inode, first, last);
        while (written < most && index <= last)
        {
            uint pfn = _pages.NextTagged(inode, ref index, last, PageTag.Dirty);
            if (pfn == 0)
            {
                index = last + 1;
                break;
            }

            if ((_memMap[pfn].Flags & PageFlags.Writeback) != 0)
            {
                if (!waits)
                {
                    index++;
                    continue;
                }

                Wait(pfn);
            }

            uint count = StartRun(inode, index, last, (uint)Math.Min(most - written, MostExtentPages));
            written += count;
            index += count;
        }

        next = index;
        return written;
    }

    /// <summary>Writes the dirty pages of a range and waits until they are on the device (file_write_and_wait_range).</summary>
    public void WriteAndWait(int inode, ulong first, ulong last)
    {
        _ = Write(inode, first, last, waits: true, long.MaxValue, out _);
        WaitRange(inode, first, last);
    }

    /// <summary>Waits for the pages of a range that are being written (filemap_fdatawait_range).</summary>
    public void WaitRange(int inode, ulong first, ulong last)
    {
        (ulong index, last) = WholeFolios(inode, first, last);
        uint pfn;
        while ((pfn = _pages.NextTagged(inode, ref index, last, PageTag.Writeback)) != 0)
            Wait(pfn);
    }

    /// <summary>Waits until a page is written (folio_wait_writeback). A reference keeps it from being reclaimed as soon as it is.</summary>
    public void Wait(uint pfn)
    {
        ref PageFrame frame = ref _memMap[pfn];
        frame.RefCount++;
        while ((frame.Flags & PageFlags.Writeback) != 0)
            _events.WaitForNext();
        frame.RefCount--;
    }

    /// <summary>sync(2): all files.</summary>
    public void Sync()
    {
        for (int inode = _firstDirty; inode != 0;)
        {
            int next = _inodes.Inodes[inode].NextDirty;
            Tracepoints?.WritebackSingleInodeStart(inode, long.MaxValue);
            long pages = Write(inode, 0, ulong.MaxValue >> Pfn.Shift, waits: true, long.MaxValue, out _);
            Tracepoints?.WritebackSingleInode(inode, long.MaxValue, pages);
            inode = next;
        }

        while (_runs.Count > 0)
            _events.WaitForNext();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _runs.Dispose();
        _tasks.Dispose();
    }

    /// <summary>Another task runs: what is dirtied now is its.</summary>
    /// <param name="task">Its index.</param>
    /// <param name="pid">Its number, which tells it from an earlier task of the same index.</param>
    internal void SwitchTo(int task, int pid)
    {
        TakeDirtied();
        _currentTask = task;
        if (_tasks[task].Pid != pid)
            _tasks[task] = new TaskDirty { Pid = pid };
    }

    /// <summary>A request is done: with the last of a run its pages are written (bio_endio of the bio that was split).</summary>
    void IBlockCompletion.Complete(int argument)
    {
        if (--_runs[argument].Requests > 0)
            return;
        Run run = _runs[argument];
        _runs.Free(argument);
        NoteCompletions(run.Pages);
        if (run.HasFailed)
            SetError(run.Inode, Errno.EIO);
        for (ulong index = run.First; index < run.First + run.Pages; index++)
            _pages.EndWriteback(_pages.FrameAt(run.Inode, index));
    }

    /// <summary>
    /// Pages could not be written (mapping_set_error, by ext4_finish_bio): whoever has the file open learns it from its next
    /// fsync. The pages count as clean; once they leave memory, what was stored to them is lost.
    /// </summary>
    internal void SetError(int inode, Errno error)
    {
        Errseq.Set(ref _inodes.Inodes[inode].WbErr, error);
        uint sequence = _inodes.WbErr;
        Errseq.Set(ref sequence, error);
        _inodes.WbErr = sequence;
    }

    /// <summary>A folio is written as a whole, even if the range has but a part of it (writeback_iter finds folios).</summary>
    private (ulong First, ulong Last) WholeFolios(int inode, ulong first, ulong last)
    {
        uint start = _pages.FrameAt(inode, first);
        uint end = _pages.FrameAt(inode, last);
        return (start == 0 ? first : _pages.FolioStart(start), end == 0 ? last : _pages.FolioStart(end) + _pages.FolioPages(end) - 1);
    }

    /// <summary>Writes the dirty pages that follow one another from one on, by one bio (ext4_io_submit).</summary>
    private uint StartRun(int inode, ulong first, ulong last, uint most)
    {
        uint count = 0;
        bool hasFailed = false;
        while (count < most && first + count <= last)
        {
            uint pfn = _pages.FrameAt(inode, first + count);
            if (pfn == 0 || (_memMap[pfn].Flags & (PageFlags.Dirty | PageFlags.Writeback)) != PageFlags.Dirty)
                break;
            if (_memMap[pfn].MapCount != 0)
                Mkclean?.MkClean(inode, first + count);
            _pages.ClearDirty(pfn);
            _pages.StartWriteback(pfn);
            // What the device refuses keeps the bytes that it had there.
            if (_devices.Fails(0, BlockOp.Write, PageReads.SectorOf(inode, first + count), 1))
                hasFailed = true;
            else
                _pages.Blocks.Write(inode, first + count, pfn);
            count++;
        }

        _pages.Extents.SetKnown(inode, first);
        // Its pages are prepared one by one; the bio goes to the device as a whole, which takes it in requests.
        _clock.WritebackPages += count;
        _stat.PgPgOut += count * (Pfn.SizeBytes / 1024);
        int run = _runs.Allocate();
        _runs[run] = new Run { Inode = inode, First = first, Pages = count, Requests = (count + _requestPages - 1) / _requestPages, HasFailed = hasFailed };
        for (uint done = 0; done < count; done += _requestPages)
            _lastDoneNs = _devices.Submit(0, BlockOp.Write, PageReads.SectorOf(inode, first + done), Math.Min(count - done, _requestPages), _completion, run);
        return count;
    }

    private struct Run
    {
        public int Inode;
        public ulong First;
        public uint Pages;
        public uint Requests;
        public bool HasFailed;
    }
}
