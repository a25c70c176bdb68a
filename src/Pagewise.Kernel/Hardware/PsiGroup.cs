namespace Pagewise.Kernel.Hardware;

/// <summary>
/// Pressure stall information in virtual time (struct psi_group, kernel/sched/psi.c): how long somebody could not go on
/// for want of memory or of a device, and how long nobody could. The machine has one driver, so while a task stalls no
/// other is productive: its "some" is "full" as well. kswapd at work is "some" of memory; it is "full" only while the
/// task waits too.
/// </summary>
/// <remarks>Simplified: times of CPUs are not weighted; pressure of CPUs and interrupts is not kept.</remarks>
/// <param name="clock">The machine's clock.</param>
public sealed class PsiGroup(Clock clock)
{
    /// <summary>Length of a period of averaging, nanoseconds (PSI_FREQ: two seconds and a tick of 4 ms).</summary>
    public const double PeriodNs = 2.004e9;

    private readonly PsiLine[] _lines = [new(), new(), new(), new()];
    private double _sinceNs;
    private double _periodEndNs = PeriodNs;
    private int _stalledTasks;
    private int _reclaimers;
    private int _waits;

    /// <summary>Told when the running task begins to stall for memory (true) and when it no longer does; null: nobody is.</summary>
    public Action<bool>? MemstallChanged { get; set; }

    /// <summary>Somebody stalls for memory.</summary>
    public PsiLine MemorySome => _lines[0];

    /// <summary>Nobody goes on, for want of memory.</summary>
    public PsiLine MemoryFull => _lines[1];

    /// <summary>Somebody waits for a device.</summary>
    public PsiLine IoSome => _lines[2];

    /// <summary>Nobody goes on, for they wait for devices.</summary>
    public PsiLine IoFull => _lines[3];

    /// <summary>The running task begins to stall for memory (psi_memstall_enter): it reclaims, or waits for a page of the working set. May be nested.</summary>
    public void MemstallEnter()
    {
        if (_stalledTasks == 0)
        {
            Update();
            MemstallChanged?.Invoke(true);
        }

        _stalledTasks++;
    }

    /// <summary>The end of what <see cref="MemstallEnter"/> began (psi_memstall_leave).</summary>
    public void MemstallLeave()
    {
        if (_stalledTasks == 1)
        {
            Update();
            MemstallChanged?.Invoke(false);
        }

        _stalledTasks--;
    }

    /// <summary>A kswapd begins to balance its node.</summary>
    public void KswapdEnter()
    {
        Update();
        _reclaimers++;
    }

    /// <summary>A kswapd has done.</summary>
    public void KswapdLeave()
    {
        Update();
        _reclaimers--;
    }

    /// <summary>The running task begins to wait for a device (io_schedule). May be nested.</summary>
    public void IoEnter()
    {
        if (_waits == 0)
            Update();
        _waits++;
    }

    /// <summary>The end of what <see cref="IoEnter"/> began.</summary>
    public void IoLeave()
    {
        if (_waits == 1)
            Update();
        _waits--;
    }

    /// <summary>Accounts for the time up to now (psi_group_change, update_averages): before the lines are read.</summary>
    public void Update()
    {
        double now = clock.NowNs;
        bool isStalled = _stalledTasks != 0;
        bool reclaims = _reclaimers != 0;
        bool waits = _waits != 0;
        while (_sinceNs < now)
        {
            double end = Math.Min(now, _periodEndNs);
            if (isStalled || reclaims || waits)
                Add(end - _sinceNs, isStalled, reclaims, waits);
            _sinceNs = end;
            if (end < _periodEndNs)
                return;
            foreach (PsiLine line in _lines)
                line.EndPeriod();
            _periodEndNs += PeriodNs;
            // Long stretches without any stall only fade.
            if (!isStalled && !reclaims && !waits)
                SkipTo(now);
        }
    }

    private void Add(double ns, bool isStalled, bool reclaims, bool waits)
    {
        if (isStalled || reclaims)
            MemorySome.Add(ns);
        if (isStalled || (reclaims && waits))
            MemoryFull.Add(ns);
        if (!waits)
            return;
        IoSome.Add(ns);
        if (!reclaims)
            IoFull.Add(ns);
    }

    private void SkipTo(double now)
    {
        double periods = Math.Floor((now - _sinceNs) / PeriodNs);
        if (periods <= 0)
            return;
        // After so many the averages are 0.
        for (int i = 0; i < Math.Min(periods, PsiLine.PeriodsToFade); i++)
        {
            foreach (PsiLine line in _lines)
                line.EndPeriod();
        }

        _sinceNs += periods * PeriodNs;
        _periodEndNs += periods * PeriodNs;
    }
}
