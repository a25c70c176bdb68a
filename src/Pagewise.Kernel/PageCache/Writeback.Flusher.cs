using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.PageCache;

/// <content>
/// The flusher (wb_workfn, fs/fs-writeback.c): a worker of the device that the clock runs. It writes a chunk of one file at a
/// time and goes on when the device has taken it.
/// </content>
public sealed partial class Writeback
{
    private const int Tick = 0;
    private const int GoOn = 1;
    private const int MostInFlight = 256; // queue/nr_requests
    private const double NsPerCentisecond = 1e7;
    private const long LeastChunk = 1024; // MIN_WRITEBACK_PAGES
    private const double PeriodNs = 3e9; // VM_COMPLETIONS_PERIOD_LEN
    private const double MostPassNs = 100e6;

    private int _firstDirty;
    private int _lastDirty;
    private double _tickNs = double.PositiveInfinity;
    private double _lastOldFlushNs = double.NegativeInfinity;
    private double _lastDoneNs;
    private double _completionsSinceNs;
    private ulong _completions;
    private Work _work;
    private long _workPages;
    private int _passInodes;
    private long _passWritten;
    private double _passSinceNs;
    private bool _wantsBackground;
    private bool _wantsAll;

    private enum Work
    {
        None,
        All,
        Old,
        Background,
    }

    /// <summary>Files with dirty pages, the one dirty longest first.</summary>
    public int DirtyInodes
    {
        get
        {
            int count = 0;
            for (int inode = _firstDirty; inode != 0; inode = _inodes.Inodes[inode].NextDirty)
                count++;
            return count;
        }
    }

    /// <summary>The clock's turn: the flusher's timer, or the device has taken the last chunk.</summary>
    void IAgent.Run(int argument)
    {
        if (argument == Tick)
        {
            _tickNs = double.PositiveInfinity;
            if (_work != Work.None)
                return;
        }

        do
        {
            if (_work == Work.None && !NextWork())
            {
                if (_firstDirty != 0 && _settings.WritebackCentisecs != 0)
                    WakeUpIn(_settings.WritebackCentisecs * NsPerCentisecond);
                return;
            }
        }
        while (!WriteChunk());
    }

    /// <summary>A file has its first dirty page (__mark_inode_dirty): the flusher will look at it after its period.</summary>
    internal void InodeDirtied(int inode)
    {
        ref Inode file = ref _inodes.Inodes[inode];
        file.DirtiedWhenNs = _clock.NowNs;
        bool isFirst = _firstDirty == 0;
        LinkLast(inode, ref file);
        if (isFirst)
            WakeUpIn(_settings.WritebackCentisecs * NsPerCentisecond);
    }

    /// <summary>A file has no dirty page any longer.</summary>
    internal void InodeCleaned(int inode) => Unlink(ref _inodes.Inodes[inode]);

    /// <summary>Reclaim met only dirty pages that nobody writes: the flusher writes all that is dirty (wakeup_flusher_threads).</summary>
    internal void StartAll()
    {
        if (_wantsAll || _firstDirty == 0)
            return;
        _wantsAll = true;
        if (_work == Work.None)
            WakeUpIn(0);
    }

    /// <summary>More is dirty than the background limit: the flusher works now (wb_start_background_writeback).</summary>
    private void StartBackground()
    {
        if (_work != Work.None || _wantsBackground)
            return;
        _wantsBackground = true;
        WakeUpIn(0);
    }

    /// <summary>A sysctl was written: the period counts from now (dirty_writeback_centisecs_handler).</summary>
    private void WakeUpFlusher()
    {
        if (_work == Work.None && !double.IsPositiveInfinity(_tickNs) && _settings.WritebackCentisecs != 0)
            WakeUpIn(_settings.WritebackCentisecs * NsPerCentisecond);
    }

    private void WakeUpIn(double ns)
    {
        double at = _clock.NowNs + ns;
        if (at >= _tickNs)
            return;
        _events.Cancel(_agent, Tick);
        _tickNs = at;
        _events.Schedule(at, _agent, Tick);
    }

    /// <summary>What is to be done: old pages when the period has passed, then the background limit.</summary>
    private bool NextWork()
    {
        if (_wantsAll)
        {
            _wantsAll = false;
            _work = Work.All;
            _workPages = _stat.NrDirty;
            Tracepoints?.WritebackStart(isBackground: false);
            return true;
        }

        double now = _clock.NowNs;
        if (_settings.WritebackCentisecs != 0 && now >= _lastOldFlushNs + (_settings.WritebackCentisecs * NsPerCentisecond))
        {
            _lastOldFlushNs = now;
            _work = Work.Old;
            _workPages = _stat.NrDirty;
            if (_workPages > 0)
            {
                Tracepoints?.WritebackStart(isBackground: false);
                return true;
            }
        }

        _wantsBackground = false;
        _work = IsOverBackground() ? Work.Background : Work.None;
        _workPages = long.MaxValue;
        if (_work == Work.None)
            return false;
        Tracepoints?.WritebackStart(isBackground: true);
        return true;
    }

    /// <summary>Writes the next chunk of the work; false when the work is done.</summary>
    /// <returns>True when the flusher has to wait for the device now.</returns>
    private bool WriteChunk()
    {
        int inode = GoesOn() ? NextInode() : 0;
        if (inode == 0)
        {
            bool wasOld = _work == Work.Old;
            _work = Work.None;
            _passInodes = 0;
            // After the old pages the background limit is looked at in the same run.
            if (wasOld && IsOverBackground())
                StartWork(Work.Background);
            return false;
        }

        ref Inode file = ref _inodes.Inodes[inode];
        long chunk = Math.Min(ChunkPages(), _workPages);
        Tracepoints?.WritebackSingleInodeStart(inode, chunk);
        long written = Write(inode, file.WritebackIndex, ulong.MaxValue >> Pfn.Shift, waits: false, chunk, out ulong next);
        if (written < chunk && file.WritebackIndex != 0)
            written += Write(inode, 0, file.WritebackIndex - 1, waits: false, chunk - written, out next);
        file.WritebackIndex = next > ulong.MaxValue >> Pfn.Shift ? 0 : next;
        _workPages -= written;
        Tracepoints?.WritebackSingleInode(inode, chunk, written);
        _passWritten += written;
        if (_passWritten == 0 && _passInodes == 0)
        {
            // All that is dirty is being written as well: done with it for now.
            _work = Work.None;
            if (_settings.WritebackCentisecs != 0)
                WakeUpIn(_settings.WritebackCentisecs * NsPerCentisecond);
            return true;
        }

        if (file.DirtyPages > 0)
        {
            Unlink(ref file);
            LinkLast(inode, ref file);
        }

        // The device takes so many requests; then the flusher waits until it has worked them off.
        if (_devices[0].InFlight < MostInFlight)
            return false;
        _events.Schedule(_lastDoneNs, _agent, GoOn);
        return true;
    }

    /// <summary>
    /// Whether there is more to do. Whether still too much is dirty is looked at between passes, each over all files that are
    /// dirty at its start (queue_io, writeback_sb_inodes), or after a tenth of a second of one.
    /// </summary>
    private bool GoesOn()
    {
        if (_workPages <= 0)
            return false;
        if (_passInodes > 0 && _clock.NowNs < _passSinceNs + MostPassNs)
        {
            _passInodes--;
            return true;
        }

        if (_work == Work.Background && !IsOverBackground())
            return false;
        _passInodes = DirtyInodes - 1;
        _passWritten = 0;
        _passSinceNs = _clock.NowNs;
        return true;
    }

    private void StartWork(Work work)
    {
        _work = work;
        _workPages = long.MaxValue;
        Tracepoints?.WritebackStart(isBackground: true);
    }

    /// <summary>How many pages of a file are written before the next has its turn (writeback_chunk_size).</summary>
    private long ChunkPages()
    {
        long pages = Math.Min(Bandwidth / 2, (long)Limits.Threshold / 8);
        return (pages + LeastChunk) / LeastChunk * LeastChunk;
    }

    /// <summary>The first file whose pages are old enough, or for the background limit any.</summary>
    private int NextInode()
    {
        double before = _work == Work.Old ? _clock.NowNs - (_settings.ExpireCentisecs * NsPerCentisecond) : double.PositiveInfinity;
        int inode = _firstDirty;
        while (inode != 0 && _inodes.Inodes[inode].DirtiedWhenNs > before)
            inode = _inodes.Inodes[inode].NextDirty;
        return inode;
    }

    /// <summary>
    /// wb_over_bg_thresh: more is dirty than the limit, or than the device's share of it. The share goes by what the device
    /// completed of late: one without history has none, so that its first periodic run writes everything.
    /// </summary>
    private bool IsOverBackground()
    {
        ulong background = Limits.Background;
        if ((ulong)_stat.NrDirty > background)
            return true;
        AgeCompletions();
        return (ulong)_stat.NrDirty > (HasHistory ? background : 0);
    }

    // Fewer are still with their CPU (PROP_BATCH).
    private bool HasHistory => _completions >= 8;

    private void NoteCompletions(uint pages)
    {
        AgeCompletions();
        if (_completions == 0)
            _completionsSinceNs = _clock.NowNs;
        _completions += pages;
    }

    /// <summary>Completions count half after each period of 3 s (fprop_new_period).</summary>
    private void AgeCompletions()
    {
        if (_completions == 0)
            return;
        int periods = (int)Math.Min(64, (_clock.NowNs - _completionsSinceNs) / PeriodNs);
        if (periods == 0)
            return;
        _completions = periods == 64 ? 0 : _completions >> periods;
        _completionsSinceNs += periods * PeriodNs;
    }

    private void LinkLast(int inode, ref Inode file)
    {
        file.NextDirty = 0;
        file.PreviousDirty = _lastDirty;
        if (_lastDirty == 0)
            _firstDirty = inode;
        else
            _inodes.Inodes[_lastDirty].NextDirty = inode;
        _lastDirty = inode;
    }

    private void Unlink(ref Inode file)
    {
        if (file.PreviousDirty == 0)
            _firstDirty = file.NextDirty;
        else
            _inodes.Inodes[file.PreviousDirty].NextDirty = file.NextDirty;
        if (file.NextDirty == 0)
            _lastDirty = file.PreviousDirty;
        else
            _inodes.Inodes[file.NextDirty].PreviousDirty = file.PreviousDirty;
        file.NextDirty = 0;
        file.PreviousDirty = 0;
    }
}
