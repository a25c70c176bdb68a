using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Tasks;

/// <summary>
/// SIGKILLs on their way (complete_signal, get_signal; kernel/signal.c). A task that does not run is woken and ends as soon
/// as the machine looks at what is due; the running one ends when it leaves the kernel, or gives its CPU to another.
/// </summary>
internal sealed class Sigkills : IAgent
{
    private readonly TaskTable _table;
    private readonly Scheduler _scheduler;
    private readonly BuddyAllocator _allocator;
    private readonly Processes _processes;
    private readonly Clock _clock;
    private readonly EventQueue _events;
    private readonly int _agent;
    private readonly List<int> _waking = [];

    public Sigkills(TaskTable table, Scheduler scheduler, BuddyAllocator allocator, Processes processes, Clock clock, EventQueue events)
    {
        _table = table;
        _scheduler = scheduler;
        _allocator = allocator;
        _processes = processes;
        _clock = clock;
        _events = events;
        _agent = events.Register(this);
        scheduler.Sigkills = this;
    }

    /// <summary>Whether the running task has a SIGKILL pending (fatal_signal_pending(current)).</summary>
    public bool IsCurrentDying { get; private set; }

    /// <summary>Sends a SIGKILL to a process: to all its threads (do_send_sig_info with PIDTYPE_TGID).</summary>
    /// <param name="task">Any of its tasks.</param>
    public void Send(int task)
    {
        int leader = _table.Tasks[task].GroupLeader;
        if (_table.Tasks[leader].IsSigkilled)
            return;
        _table.Tasks[leader].IsSigkilled = true;
        int current = _scheduler.Current;
        if (current != 0 && !_table.Tasks[current].HasExited && _table.Tasks[current].GroupLeader == leader)
            IsCurrentDying = true;
        else
            Wake(leader);
    }

    private void Wake(int leader)
    {
        _waking.Add(leader);
        _events.Schedule(_clock.NowNs, _agent, leader);
    }

    /// <summary>Lets the running task use what dying tasks may (the reserves of tsk_is_oom_victim).</summary>
    public void OpenReserves()
    {
        if (IsCurrentDying)
            _allocator.CurrentTask |= AllocTaskFlags.OomVictim;
    }

    /// <summary>The running task leaves the kernel: those who were woken to end do so, and a pending SIGKILL ends its own process (exit_to_user_mode_loop). Whether it did.</summary>
    public bool Deliver()
    {
        while (_waking.Count > 0)
            End(_waking[^1]);
        if (!IsCurrentDying)
            return false;
        IsCurrentDying = false;
        _allocator.CurrentTask &= ~AllocTaskFlags.OomVictim;
        _processes.ExitGroup(_scheduler.Current);
        return true;
    }

    /// <inheritdoc/>
    void IAgent.Run(int argument)
    {
        if (_waking.Contains(argument))
            End(argument);
    }

    private void End(int leader)
    {
        _waking.Remove(leader);
        _processes.ExitGroup(leader);
    }
}
