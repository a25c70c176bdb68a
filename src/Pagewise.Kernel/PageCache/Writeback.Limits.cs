using System.Numerics;

namespace Pagewise.Kernel.PageCache;

/// <content>Limits, and the task that dirties pages (balance_dirty_pages).</content>
public sealed partial class Writeback
{
    private const double JiffyNs = 4e6;
    private const long Hz = 250;
    private const long JiffiesPerRate = 256; // roundup_pow_of_two(HZ)
    private const long MostPauseJiffies = Hz / 5; // MAX_PAUSE
    private const long TargetPauseJiffies = 2; // 10 ms
    private const long PollThreshold = 32; // DIRTY_POLL_THRESH, pages
    private const long ExceededPause = 8; // 32 KiB in pages
    private const long Bandwidth = (100L << 20) / 4096; // INIT_BW, pages a second
    private const int PositionShift = 10; // RATELIMIT_CALC_SHIFT

    private DirtySettings _settings;
    private long _ratelimitPages;
    private long _dirtiedSinceLook;
    private bool _isExceeded;
    private long _seenDirtied;

    /// <summary>The sysctls.</summary>
    public DirtySettings Settings
    {
        get => _settings;
        set
        {
            _settings = value;
            _ratelimitPages = 0;
            WakeUpFlusher();
        }
    }

    /// <summary>How many pages may be dirty now.</summary>
    public DirtyLimits Limits => DirtyLimits.Of(_settings, DirtyablePages());

    /// <summary>
    /// A page was dirtied (balance_dirty_pages_ratelimited): every so many, the task looks whether there are too many, and
    /// then starts the flusher or waits.
    /// </summary>
    public void Balance()
    {
        TakeDirtied();
        ref TaskDirty task = ref _tasks[_currentTask];
        long ratelimit = _isExceeded ? Math.Min(task.NrDirtiedPause, ExceededPause) : task.NrDirtiedPause;
        if (task.NrDirtied >= ratelimit)
        {
            _dirtiedSinceLook = 0;
        }
        else if (_dirtiedSinceLook >= RatelimitPages())
        {
            // So many were dirtied by all that someone should look (bdp_ratelimits).
            _dirtiedSinceLook = 0;
            ratelimit = 0;
        }

        if (task.NrDirtied >= ratelimit)
        {
            BalanceDirtyPages(ref task);
            // The flusher's thread, once woken, runs before the task goes on.
            _events.RunDue();
        }
    }

    /// <summary>What was dirtied since the last look was dirtied by the task that runs.</summary>
    private void TakeDirtied()
    {
        _tasks[_currentTask].NrDirtied += _stat.NrDirtied - _seenDirtied;
        _dirtiedSinceLook += _stat.NrDirtied - _seenDirtied;
        _seenDirtied = _stat.NrDirtied;
    }

    private ulong DirtyablePages()
    {
        ulong free = 0;
        for (int zone = 0; zone < _allocator.Zones.ZoneCount; zone++)
            free += (ulong)Math.Max(0, _allocator.Zones[zone].FreePages);
        long files = _lru.Pages(Lru.LruList.InactiveFile) + _lru.Pages(Lru.LruList.ActiveFile);
        return DirtyLimits.Dirtyable(free, _allocator.Zones.TotalReservePages, (ulong)files);
    }

    /// <summary>The limit's 32nd part by CPU, as it was when the limit was last set (writeback_set_ratelimit).</summary>
    private long RatelimitPages()
    {
        if (_ratelimitPages == 0)
            _ratelimitPages = Math.Max(16, (long)Limits.Threshold / (_allocator.Zones.CpuCount * 32));
        return _ratelimitPages;
    }

    private void BalanceDirtyPages(ref TaskDirty task)
    {
        long dirtied = task.NrDirtied;
        double startNs = _clock.NowNs;
        while (true)
        {
            double now = _clock.NowNs;
            DirtyLimits limits = Limits;
            Tracepoints?.GlobalDirtyState(_stat.NrDirty, _stat.NrWriteback, limits);
            ulong dirty = (ulong)(_stat.NrDirty + _stat.NrWriteback);
            if ((ulong)_stat.NrDirty > limits.Background)
                StartBackground();
            if (dirty <= limits.Freerun)
            {
                task.PausedWhen = (long)(now / JiffyNs);
                task.NrDirtied = 0;
                task.NrDirtiedPause = PollInterval(dirty, limits.Threshold);
                _isExceeded = false;
                return;
            }

            StartBackground();
            _isExceeded = dirty > limits.Threshold;
            if (Pause(ref task, dirtied, startNs, limits, (long)dirty))
                return;
        }
    }

    /// <summary>Pages to dirty before the next look: the root of what is left, as a power of two (dirty_poll_interval).</summary>
    private static long PollInterval(ulong dirty, ulong threshold) =>
        threshold > dirty ? 1L << (BitOperations.Log2(threshold - dirty) / 2) : 1;

    /// <summary>
    /// The share of the device's rate that a task may dirty at, in 1024ths: 1 at the middle between the free run's end and the
    /// limit, 0 at the limit, along a cubic (pos_ratio_polynom); then less, as the device's own part of the limit is used
    /// up, which without history is small (wb_position_ratio).
    /// </summary>
    private long PositionRatio(long dirty, DirtyLimits limits)
    {
        long limit = (long)limits.Threshold;
        if (dirty >= limit)
            return 0;
        long setpoint = (limit + (long)limits.Freerun) / 2;
        long x = ((setpoint - dirty) << PositionShift) / Math.Max(1, limit - setpoint);
        long ratio = Math.Clamp(((((x * x) >> PositionShift) * x) >> PositionShift) + (1 << PositionShift), 0, 2 << PositionShift);
        long part = Math.Max(HasHistory ? limit : 0, (limit - dirty) / 8);
        double scale = part / (limit + 1.0);
        double deviceSetpoint = setpoint * scale;
        double span = (limit - part + (8 * Bandwidth)) * scale;
        double end = deviceSetpoint + span;
        ratio = dirty < end - (span / 4) ? (long)(ratio * (end - dirty) / Math.Max(1, end - deviceSetpoint)) : ratio / 4;
        long reserve = part / 2;
        if (dirty >= reserve)
            return ratio;
        return dirty > reserve / 8 ? ratio * reserve / dirty : ratio * 8;
    }

    /// <summary>Lets the task wait so that it dirties no faster than its rate (jiffies, as balance_dirty_pages); false: it is to look again.</summary>
    private bool Pause(ref TaskDirty task, long dirtied, double startNs, DirtyLimits limits, long dirty)
    {
        long pagesPerSecond = (Bandwidth * PositionRatio(dirty, limits)) >> PositionShift;
        long now = (long)(_clock.NowNs / JiffyNs);
        long longest = Math.Min(MostPauseJiffies, (dirty / (1 + (Bandwidth / 32))) + 1);
        long shortest = ShortestPause(longest, pagesPerSecond, out long nextPause);
        long think = task.PausedWhen == 0 ? 0 : now - task.PausedWhen;
        long period = pagesPerSecond > 0 ? Hz * dirtied / pagesPerSecond : longest;
        long pause = pagesPerSecond > 0 ? period - think : longest;
        Tracepoints?.BalanceDirtyPages(new DirtyBalance(
            limits, (ulong)dirty, Bandwidth, pagesPerSecond, dirtied, task.NrDirtiedPause, _clock.NowNs - startNs, pause * JiffyNs, period * JiffyNs, think * JiffyNs));
        if (pagesPerSecond > 0)
        {
            if (pause < shortest)
            {
                // Too short to be worth it: the rest is added to the next one.
                if (pause < -Hz)
                {
                    task.PausedWhen = now;
                    task.NrDirtied = 0;
                }
                else if (period > 0)
                {
                    task.PausedWhen += period;
                    task.NrDirtied = 0;
                }
                else if (task.NrDirtiedPause <= dirtied)
                {
                    task.NrDirtiedPause += dirtied;
                }

                return true;
            }

            if (pause > longest)
            {
                now += Math.Min(pause - longest, longest);
                pause = longest;
            }
        }

        _events.Psi.IoEnter();
        // A timer fires with the first tick after its time.
        _events.WaitUntil((Math.Floor(_clock.NowNs / JiffyNs) + pause + 1) * JiffyNs);
        _events.Psi.IoLeave();
        task.PausedWhen = now + pause;
        task.NrDirtied = 0;
        task.NrDirtiedPause = nextPause;
        return pagesPerSecond > 0;
    }

    /// <summary>The shortest pause that is worth it, in jiffies, and after how many pages the next look is due then (wb_min_pause).</summary>
    private static long ShortestPause(long longest, long pagesPerSecond, out long nextPause)
    {
        long target = Math.Min(TargetPauseJiffies, 1 + (longest / 2));
        nextPause = Bandwidth * target / JiffiesPerRate;
        if (Hz * nextPause / (pagesPerSecond + 1) > longest)
        {
            target = longest;
            nextPause = pagesPerSecond * target / JiffiesPerRate;
        }

        return nextPause >= PollThreshold ? 1 + (target / 2) : target;
    }
}
