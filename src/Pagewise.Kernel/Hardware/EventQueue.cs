using System.Runtime.CompilerServices;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Hardware;

/// <summary>
/// What is to happen at a moment of virtual time: completions of devices, timers (kernel/time/timer.c). A binary heap
/// by moment, then by order of scheduling, so that the same run always takes the same order. Events run when the
/// machine looks (entries to the kernel: system calls and faults) and while a task waits; a busy CPU delays them, as it
/// delays softirqs and kernel threads.
/// </summary>
public sealed class EventQueue : IDisposable
{
    private const int Capacity = 1 << 20;

    private readonly NativeArray<TimerEvent> _heap = new(Capacity);
    private readonly List<IAgent> _agents = [];
    private long _sequence;
    private readonly Clock _clock;
    private int _waits;
    private int _ready;

    /// <summary>Nothing is to come.</summary>
    /// <param name="clock">The machine's _clock.</param>
    public EventQueue(Clock clock)
    {
        _clock = clock;
        Psi = new PsiGroup(clock);
        Turns = new FairTurns(clock, this);
    }

    /// <summary>Whether the running task waits, so that nobody else wants its CPU.</summary>
    public bool IsWaiting => _waits != 0;

    /// <summary>Who stalls on what.</summary>
    public PsiGroup Psi { get; }

    /// <summary>Who has the CPU of a machine with one.</summary>
    internal FairTurns Turns { get; }

    /// <summary>Who looks on; null: no one does.</summary>
    public ITimeProbe? Probe { get; set; }

    /// <summary>Events to come.</summary>
    public int Count { get; private set; }

    /// <summary>When the next event is due, in virtual nanoseconds; infinity when there is none.</summary>
    public double NextNs => Count == 0 ? double.PositiveInfinity : _heap[0].AtNs;

    /// <summary>Gives an agent the number that <see cref="Schedule"/> takes.</summary>
    public int Register(IAgent agent)
    {
        _agents.Add(agent);
        return _agents.Count - 1;
    }

    /// <summary>Lets an agent run at a moment; one that has passed means as soon as the machine looks.</summary>
    /// <param name="atNs">The moment in virtual nanoseconds.</param>
    /// <param name="agent">The agent's number.</param>
    /// <param name="argument">What it is told.</param>
    /// <exception cref="InvalidOperationException">2^20 events are waiting already.</exception>
    public void Schedule(double atNs, int agent, int argument) => Add(atNs, agent, argument, isReady: false);

    /// <summary>Lets an agent that is ready to run do so at a moment, or as soon as the running task waits.</summary>
    /// <param name="atNs">The moment in virtual nanoseconds.</param>
    /// <param name="agent">The agent's number.</param>
    /// <param name="argument">What it is told.</param>
    /// <exception cref="InvalidOperationException">2^20 events are waiting already.</exception>
    public void ScheduleReady(double atNs, int agent, int argument)
    {
        Add(atNs, agent, argument, isReady: true);
        _ready++;
    }

    private void Add(double atNs, int agent, int argument, bool isReady)
    {
        if (Count == Capacity)
            throw new InvalidOperationException($"{Capacity} events are waiting: whoever schedules them does not stop");
        var added = new TimerEvent { AtNs = atNs, Sequence = _sequence++, Agent = agent, Argument = argument, IsReady = isReady };
        _ = SiftUp(Count++, in added);
    }

    /// <summary>Takes an agent's events with an argument back (timer_delete); how many there were.</summary>
    public int Cancel(int agent, int argument)
    {
        int kept = 0;
        int count = Count;
        // The survivors are scheduled anew under their old sequence numbers: the order stays.
        for (int i = 0; i < count; i++)
        {
            if (_heap[i].Agent != agent || _heap[i].Argument != argument)
                _heap[kept++] = _heap[i];
            else if (_heap[i].IsReady)
                _ready--;
        }

        Count = kept;
        for (int i = (kept / 2) - 1; i >= 0; i--)
            SiftDown(i);
        return count - kept;
    }

    /// <summary>Runs what is due. Cheap while nothing waits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RunDue()
    {
        if (Count != 0 || Probe is not null)
            RunUntilNow();
    }

    /// <summary>Runs what is due of one agent; the others keep their place.</summary>
    /// <param name="agent">The agent's number.</param>
    internal void RunDue(int agent)
    {
        if (Count == 0)
            return;
        double now = _clock.NowNs;
        while (Count != 0 && _heap[0].AtNs <= now)
        {
            int first = -1;
            for (int i = 0; i < Count; i++)
            {
                if (_heap[i].Agent == agent && _heap[i].AtNs <= now && (first < 0 || _heap[i].IsBefore(in _heap[first])))
                    first = i;
            }

            if (first < 0)
                return;
            TimerEvent next = _heap[first];
            if (Probe is not null)
                LookUntil(next.AtNs);
            Remove(first);
            _agents[agent].Run(next.Argument);
        }
    }

    /// <summary>
    /// The running task waits for a moment: time passes, and the events up to then run in their order. A moment that has
    /// passed takes no time.
    /// </summary>
    /// <param name="untilNs">The moment in virtual nanoseconds.</param>
    public void WaitUntil(double untilNs)
    {
        RunReadyNow();
        _waits++;
        while (Count != 0 && _heap[0].AtNs <= untilNs)
            RunNext();
        _waits--;
        AdvanceTo(untilNs);
    }

    /// <summary>The running task waits, for a device, until the next event has run; false when there is none to wait for.</summary>
    public bool WaitForNext()
    {
        if (Count == 0)
            return false;
        RunReadyNow();
        _waits++;
        Psi.IoEnter();
        RunNext();
        Psi.IoLeave();
        _waits--;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _heap.Dispose();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RunUntilNow()
    {
        double now = _clock.NowNs;
        while (Count != 0 && _heap[0].AtNs <= now)
        {
            RunNext();
            now = _clock.NowNs;
        }

        if (Probe is not null)
            LookUntil(now);
    }

    /// <summary>The CPU is free: who is ready is due.</summary>
    private void RunReadyNow()
    {
        if (_ready == 0)
            return;
        double now = _clock.NowNs;
        for (int i = 0; i < Count; i++)
        {
            if (_heap[i].IsReady)
                _heap[i].AtNs = Math.Min(_heap[i].AtNs, now);
            _heap[i].IsReady = false;
        }

        _ready = 0;
        for (int i = (Count / 2) - 1; i >= 0; i--)
            SiftDown(i);
    }

    private void RunNext()
    {
        TimerEvent next = _heap[0];
        if (Probe is not null)
            LookUntil(next.AtNs);
        Remove(0);
        if (next.AtNs > _clock.NowNs)
            AdvanceTo(next.AtNs + _clock.Costs.IdleExit);
        _agents[next.Agent].Run(next.Argument);
    }

    private void Remove(int at)
    {
        if (_heap[at].IsReady)
            _ready--;
        TimerEvent last = _heap[--Count];
        if (at != Count)
            SiftDown(SiftUp(at, in last));
    }

    private void LookUntil(double atNs)
    {
        while (Probe!.NextNs <= atNs)
            Probe.Look(Probe.NextNs);
    }

    private void AdvanceTo(double atNs)
    {
        double now = _clock.NowNs;
        if (atNs > now)
            _clock.WaitedNs += atNs - now;
    }

    /// <summary>Puts an event at a place that is free, or above; where it came to stand.</summary>
    private int SiftUp(int at, in TimerEvent moved)
    {
        while (at > 0 && moved.IsBefore(in _heap[(at - 1) / 2]))
        {
            _heap[at] = _heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }

        _heap[at] = moved;
        return at;
    }

    private void SiftDown(int at)
    {
        TimerEvent moved = _heap[at];
        while (true)
        {
            int child = (2 * at) + 1;
            if (child >= Count)
                break;
            if (child + 1 < Count && _heap[child + 1].IsBefore(in _heap[child]))
                child++;
            if (!_heap[child].IsBefore(in moved))
                break;
            _heap[at] = _heap[child];
            at = child;
        }

        _heap[at] = moved;
    }
}
