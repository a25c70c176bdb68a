using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Reclaim;

/// <summary>
/// Which of two has the CPU of a machine with one: the running task or kswapd (kernel/sched/fair.c before 6.6, both of
/// nice 0, HZ 250). Each has a virtual run time, what it ran; who has less is preferred. A sleeper that wakes is placed at
/// most half a latency behind the other and takes the CPU at once if it then is 1 ms behind; otherwise ticks decide, and thirds that take the CPU for a moment.
/// </summary>
/// <param name="clock">The clock.</param>
internal sealed class FairTurns(Clock clock)
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
    public double NextTickNs => (Math.Floor(clock.NowNs / JiffyNs) + 1) * JiffyNs;

    private double CpuNs => clock.NowNs - clock.WaitedNs;

    private double TaskCpuNs => CpuNs - _daemonCpuNs;

    private double TaskVruntimeNs => TaskCpuNs + _taskOffsetNs;

    /// <summary>The daemon wakes (place_entity, check_preempt_wakeup). True when it takes the CPU as soon as the task leaves the kernel.</summary>
    public bool Wakes(ref KswapdState daemon)
    {
        _minVruntimeNs = Math.Max(_minVruntimeNs, TaskVruntimeNs);
        daemon.VruntimeNs = Math.Max(daemon.VruntimeNs, _minVruntimeNs - SleeperBonusNs);
        return TaskVruntimeNs - daemon.VruntimeNs > WakeupGranularityNs;
    }

    /// <summary>The task had waited and woke while the daemon ran. True when it took the CPU from it.</summary>
    public bool TaskWakes(in KswapdState daemon)
    {
        _minVruntimeNs = Math.Max(_minVruntimeNs, daemon.VruntimeNs);
        _taskOffsetNs += Math.Max(0, _minVruntimeNs - SleeperBonusNs - TaskVruntimeNs);
        if (daemon.VruntimeNs - TaskVruntimeNs <= WakeupGranularityNs)
            return false;
        _taskTurnNs = TaskCpuNs;
        return true;
    }

    /// <summary>A tick while the task runs and the daemon would (check_preempt_tick). True when it is the daemon's turn.</summary>
    public bool TickTakesTask(in KswapdState daemon)
    {
        if (!EndsTurn(TaskCpuNs - _taskTurnNs, TaskVruntimeNs - daemon.VruntimeNs))
            return false;
        _taskTurnNs = TaskCpuNs;
        return daemon.VruntimeNs < TaskVruntimeNs;
    }

    /// <summary>The daemon has the CPU from now on.</summary>
    public void DaemonRuns(ref KswapdState daemon)
    {
        _daemonSinceNs = CpuNs;
        daemon.TickNs = NextTickNs;
    }

    /// <summary>A new turn of the daemon begins (set_next_entity).</summary>
    public static void StartTurn(ref KswapdState daemon) => daemon.TurnVruntimeNs = daemon.VruntimeNs;

    /// <summary>Counts what the daemon ran since the last call (update_curr).</summary>
    public void Account(ref KswapdState daemon)
    {
        double ran = CpuNs - _daemonSinceNs;
        _daemonSinceNs += ran;
        _daemonCpuNs += ran;
        daemon.VruntimeNs += ran;
    }

    /// <summary>While the daemon runs and the task would: true when a tick has come and it is the task's turn.</summary>
    public bool TickTakesDaemon(ref KswapdState daemon)
    {
        if (clock.NowNs < daemon.TickNs)
            return false;
        daemon.TickNs = NextTickNs;
        _minVruntimeNs = Math.Max(_minVruntimeNs, Math.Min(daemon.VruntimeNs, TaskVruntimeNs));
        if (!EndsTurn(daemon.VruntimeNs - daemon.TurnVruntimeNs, daemon.VruntimeNs - TaskVruntimeNs))
            return false;
        return ThirdTakesDaemon(ref daemon);
    }

    /// <summary>A third, long asleep, took the CPU from the daemon and went (pick_next_entity). True when the task, which ran less, has it next; if not, the daemon's turn begins anew.</summary>
    public bool ThirdTakesDaemon(ref KswapdState daemon)
    {
        _minVruntimeNs = Math.Max(_minVruntimeNs, Math.Min(daemon.VruntimeNs, TaskVruntimeNs));
        StartTurn(ref daemon);
        return TaskVruntimeNs < daemon.VruntimeNs;
    }

    /// <summary>The same while the task runs and the daemon would.</summary>
    public bool ThirdTakesTask(in KswapdState daemon)
    {
        _taskTurnNs = TaskCpuNs;
        return daemon.VruntimeNs < TaskVruntimeNs;
    }

    /// <summary>The task has the CPU from now on.</summary>
    public void TaskRuns() => _taskTurnNs = TaskCpuNs;

    private static bool EndsTurn(double ranNs, double aheadNs) => ranNs > SliceNs || (ranNs >= MinGranularityNs && aheadNs > SliceNs);
}
