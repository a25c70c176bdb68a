namespace Pagewise.Kernel.Hardware;

/// <summary>
/// Which of two has the CPU of a machine with one: the running task or a kernel thread, kswapd or the flusher
/// (kernel/sched/fair.c before 6.6, all of nice 0, HZ 250). Each has a virtual run time, what it ran; who has less is
/// preferred. A sleeper that wakes is placed at most half a latency behind the other and takes the CPU at once if it then
/// is 1 ms behind; otherwise ticks decide, and thirds that take the CPU for a moment. Simplified: of two threads that would
/// run each has its turns against the task, not against the other.
/// </summary>
/// <param name="clock">The clock.</param>
/// <param name="events">Where a thread that does not have the CPU waits for it.</param>
internal sealed class FairTurns(Clock clock, EventQueue events)
{
    /// <summary>A tick (HZ 250), nanoseconds.</summary>
    public const double JiffyNs = 4e6;

    /// <summary>What of a sleep counts: half of sched_latency, 6 ms with one CPU (GENTLE_FAIR_SLEEPERS).</summary>
    private const double SleeperBonusNs = 3e6;

    /// <summary>The turn of each of two (sched_slice).</summary>
    private const double SliceNs = 3e6;

    private const double MinGranularityNs = 0.75e6;
    private const double WakeupGranularityNs = 1e6;

    private double _daemonCpuNs;
    private double _daemonSinceNs;
    private double _taskOffsetNs;
    private double _taskTurnNs;
    private double _minVruntimeNs;

    /// <summary>The next tick after now.</summary>
    private double NextTickNs => (Math.Floor(clock.NowNs / JiffyNs) + 1) * JiffyNs;

    private double CpuNs => clock.NowNs - clock.WaitedNs;

    private double TaskCpuNs => CpuNs - _daemonCpuNs;

    private double TaskVruntimeNs => TaskCpuNs + _taskOffsetNs;

    /// <summary>The daemon wakes and its agent is to run (place_entity, check_preempt_wakeup): at once, when it takes the CPU as soon as the task leaves the kernel, or when it is its turn.</summary>
    public void Wakes(ref SchedEntity daemon, int agent, int argument)
    {
        daemon.HasTurn = false;
        daemon.Preempts = true;
        if (daemon.SharesCpu)
        {
            _minVruntimeNs = Math.Max(_minVruntimeNs, TaskVruntimeNs);
            daemon.VruntimeNs = Math.Max(daemon.VruntimeNs, _minVruntimeNs - SleeperBonusNs);
            daemon.Preempts = TaskVruntimeNs - daemon.VruntimeNs > WakeupGranularityNs;
        }

        if (daemon.Preempts)
            events.Schedule(clock.NowNs, agent, argument);
        else
            events.ScheduleReady(NextTickNs, agent, argument);
    }

    /// <summary>Whether the daemon, which is ready, gets the CPU now; if not, its agent runs again at the next tick.</summary>
    public bool TakesCpu(ref SchedEntity daemon, int agent, int argument)
    {
        bool hadTurn = daemon.HasTurn;
        daemon.HasTurn = false;
        if (daemon.SharesCpu)
        {
            if (!events.IsWaiting && !daemon.Preempts && (hadTurn ? TaskWakes(in daemon) : !TickTakesTask(in daemon)))
            {
                events.ScheduleReady(NextTickNs, agent, argument);
                return false;
            }

            daemon.Preempts = false;
            if (!hadTurn)
                StartTurn(ref daemon);
        }

        _daemonSinceNs = CpuNs;
        daemon.TickNs = NextTickNs;
        return true;
    }

    /// <summary>Whether the daemon goes on after a step; if not, it is ready to and its agent is scheduled.</summary>
    /// <param name="daemon">The daemon.</param>
    /// <param name="yields">Whether a third has just taken the CPU from it.</param>
    /// <param name="agent">Its agent.</param>
    /// <param name="argument">What the agent is told.</param>
    public bool KeepsCpu(ref SchedEntity daemon, bool yields, int agent, int argument)
    {
        if (!daemon.SharesCpu)
            return true;
        if (events.IsWaiting)
        {
            // Whoever waits has a look whether it still has to.
            daemon.HasTurn = true;
            events.Schedule(clock.NowNs, agent, argument);
            return false;
        }

        if (!(yields ? ThirdTakesDaemon(ref daemon) : TickTakesDaemon(ref daemon)))
            return true;
        events.ScheduleReady(NextTickNs, agent, argument);
        return false;
    }

    /// <summary>The task had waited and woke while the daemon ran. True when it took the CPU from it.</summary>
    private bool TaskWakes(in SchedEntity daemon)
    {
        _minVruntimeNs = Math.Max(_minVruntimeNs, daemon.VruntimeNs);
        _taskOffsetNs += Math.Max(0, _minVruntimeNs - SleeperBonusNs - TaskVruntimeNs);
        if (daemon.VruntimeNs - TaskVruntimeNs <= WakeupGranularityNs)
            return false;
        _taskTurnNs = TaskCpuNs;
        return true;
    }

    /// <summary>A tick while the task runs and the daemon would (check_preempt_tick). True when it is the daemon's turn.</summary>
    private bool TickTakesTask(in SchedEntity daemon)
    {
        if (!EndsTurn(TaskCpuNs - _taskTurnNs, TaskVruntimeNs - daemon.VruntimeNs))
            return false;
        _taskTurnNs = TaskCpuNs;
        return daemon.VruntimeNs < TaskVruntimeNs;
    }

    /// <summary>Counts what the daemon ran since the last call (update_curr).</summary>
    public void Account(ref SchedEntity daemon)
    {
        double ran = CpuNs - _daemonSinceNs;
        _daemonSinceNs += ran;
        _daemonCpuNs += ran;
        daemon.VruntimeNs += ran;
    }

    /// <summary>A third took the CPU from the task, and went: true when the daemon, which would run, has it next.</summary>
    public bool ThirdTakesTask(in SchedEntity daemon)
    {
        if (!daemon.SharesCpu)
            return false;
        _taskTurnNs = TaskCpuNs;
        return daemon.VruntimeNs < TaskVruntimeNs;
    }

    /// <summary>The daemon has stopped: the task has the CPU from now on, unless it waits.</summary>
    public void Stops(in SchedEntity daemon)
    {
        if (daemon.SharesCpu && !events.IsWaiting)
            _taskTurnNs = TaskCpuNs;
    }

    private static bool EndsTurn(double ranNs, double aheadNs) => ranNs > SliceNs || (ranNs >= MinGranularityNs && aheadNs > SliceNs);

    /// <summary>A new turn of the daemon begins (set_next_entity).</summary>
    private static void StartTurn(ref SchedEntity daemon) => daemon.TurnVruntimeNs = daemon.VruntimeNs;

    /// <summary>While the daemon runs and the task would: true when a tick has come and it is the task's turn.</summary>
    private bool TickTakesDaemon(ref SchedEntity daemon)
    {
        if (clock.NowNs < daemon.TickNs)
            return false;
        daemon.TickNs = NextTickNs;
        UpdateMinVruntime(in daemon);
        return EndsTurn(daemon.VruntimeNs - daemon.TurnVruntimeNs, daemon.VruntimeNs - TaskVruntimeNs) && TaskIsNext(ref daemon);
    }

    /// <summary>A third, long asleep, took the CPU from the daemon and went.</summary>
    private bool ThirdTakesDaemon(ref SchedEntity daemon)
    {
        UpdateMinVruntime(in daemon);
        return TaskIsNext(ref daemon);
    }

    private void UpdateMinVruntime(in SchedEntity daemon) => _minVruntimeNs = Math.Max(_minVruntimeNs, Math.Min(daemon.VruntimeNs, TaskVruntimeNs));

    /// <summary>True when the task, which ran less, has the CPU next (pick_next_entity); if not, the daemon's turn begins anew.</summary>
    private bool TaskIsNext(ref SchedEntity daemon)
    {
        StartTurn(ref daemon);
        return TaskVruntimeNs < daemon.VruntimeNs;
    }
}
