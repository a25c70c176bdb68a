using System.Numerics;

namespace Pagewise.Kernel.PageCache;

/// <content>Limits, and the task that dirties pages (balance_dirty_pages).</content>
public sealed partial class Writeback
{
    private const double NsPerSecond = 1e9;
    private const double MostPauseNs = 200e6; // MAX_PAUSE
    private const double InitialBandwidth = 100.0 * (1 << 20) / 4096; // INIT_BW, pages a second

    private DirtySettings _settings;
    private long _seenDirtied;

    /// <summary>The sysctls.</summary>
    public DirtySettings Settings
    {
        get => _settings;
        set
        {
            _settings = value;
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
        if (task.NrDirtied >= (task.NrDirtiedPause == 0 ? TaskDirty.FirstPause : task.NrDirtiedPause))
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
                task.PausedWhenNs = now;
                task.NrDirtied = 0;
                task.NrDirtiedPause = PollInterval(dirty, limits.Threshold);
                return;
            }

            StartBackground();
            double rate = PositionRatio(dirty, limits) * InitialBandwidth;
            if (Pause(ref task, dirtied, rate, startNs, limits, dirty))
                return;
        }
    }

    /// <summary>Pages to dirty before the next look: the root of what is left, as a power of two (dirty_poll_interval).</summary>
    private static long PollInterval(ulong dirty, ulong threshold) =>
        threshold > dirty ? 1L << (BitOperations.Log2(threshold - dirty) / 2) : 1;

    /// <summary>
    /// The share of the device's rate that a task may dirty at: 1 at the middle between the free run's end and the limit, 0
    /// at the limit, along a cubic (pos_ratio_polynom).
    /// </summary>
    private static double PositionRatio(ulong dirty, DirtyLimits limits)
    {
        if (dirty >= limits.Threshold)
            return 0;
        double setpoint = (limits.Threshold + limits.Freerun) / 2.0;
        double x = (setpoint - dirty) / (limits.Threshold - setpoint);
        return Math.Clamp(1 + (x * x * x), 0, 2);
    }

    /// <summary>Lets the task wait so that it dirties no faster than a rate; false: it is to look again.</summary>
    private bool Pause(ref TaskDirty task, long dirtied, double pagesPerSecond, double startNs, DirtyLimits limits, ulong dirty)
    {
        double now = _clock.NowNs;
        const double shortestNs = 10e6;
        double period = pagesPerSecond > 0 ? dirtied * NsPerSecond / pagesPerSecond : MostPauseNs;
        double pause = pagesPerSecond > 0 && task.PausedWhenNs != 0 ? period - (now - task.PausedWhenNs) : period;
        double think = task.PausedWhenNs == 0 ? 0 : now - task.PausedWhenNs;
        Tracepoints?.BalanceDirtyPages(new DirtyBalance(limits, dirty, InitialBandwidth, pagesPerSecond, dirtied, task.NrDirtiedPause, now - startNs, pause, period, think));
        if (pagesPerSecond > 0 && pause < shortestNs)
        {
            // Too short to be worth it: the rest is added to the next one.
            if (pause < -NsPerSecond)
            {
                task.PausedWhenNs = now;
                task.NrDirtied = 0;
            }
            else if (period > 0)
            {
                task.PausedWhenNs += period;
                task.NrDirtied = 0;
            }

            task.NrDirtiedPause = Math.Max(TaskDirty.FirstPause, (long)(pagesPerSecond * shortestNs / NsPerSecond));
            return true;
        }

        pause = Math.Min(pause, MostPauseNs);
        _events.Psi.IoEnter();
        _events.WaitUntil(now + pause);
        _events.Psi.IoLeave();
        task.PausedWhenNs = now + pause;
        task.NrDirtied = 0;
        task.NrDirtiedPause = Math.Max(1, (long)(pagesPerSecond * shortestNs / NsPerSecond));
        return pagesPerSecond > 0;
    }
}
