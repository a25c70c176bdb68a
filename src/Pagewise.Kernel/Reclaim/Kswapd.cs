using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Reclaim;

/// <summary>
/// The reclaim daemons, one a node (kswapd, balance_pgdat; mm/vmscan.c, 6.1): woken when free pages fall below low, they
/// work until one zone is above high. An agent of the clock: with one CPU a woken kswapd shares it with the running task
/// as <see cref="FairTurns"/> says, with more it runs at once.
/// </summary>
internal sealed partial class Kswapd : IAgent, IDisposable
{
    /// <summary>MAX_RECLAIM_RETRIES: after as many runs for nothing a node is left to direct reclaim.</summary>
    private const int MostFailures = 16;

    private const double ShortSleepNs = 100e6;
    private const double WritebackThrottleNs = 100e6;

    private readonly ZoneTable _zones;
    private readonly BuddyAllocator _allocator;
    private readonly Vmscan _vmscan;
    private readonly VmStat _stat;
    private readonly Clock _clock;
    private readonly EventQueue _events;
    private readonly NativeArray<KswapdState> _states;
    private readonly int _agent;
    private readonly FairTurns _turns;
    private bool _isRunning;

    public Kswapd(BuddyAllocator allocator, Vmscan vmscan, VmStat stat, Clock clock, EventQueue events)
    {
        _zones = allocator.Zones;
        _allocator = allocator;
        _vmscan = vmscan;
        _stat = stat;
        _clock = clock;
        _events = events;
        _states = new NativeArray<KswapdState>((ulong)_zones.NodeCount);
        _agent = events.Register(this);
        _turns = events.Turns;
        for (int node = 0; node < _zones.NodeCount; node++)
            _states[node].Se = new SchedEntity(_zones.CpuCount == 1);
    }

    /// <summary>Whether a node's kswapd has given up.</summary>
    public bool IsHopeless(int node) => _states[node].Failures >= MostFailures;

    /// <summary>A task reclaimed something of a node: kswapd, which may have given up, tries again when it is woken (the end of shrink_node).</summary>
    public void Revive(int node) => _states[node].Failures = 0;

    /// <summary>Asks a node's kswapd to work (wakeup_kswapd).</summary>
    /// <param name="zone">The zone, an index into <see cref="ZoneTable"/>.</param>
    /// <param name="gfp">The allocation's flags.</param>
    /// <param name="order">The block wanted.</param>
    /// <param name="highest">The highest zone that helps.</param>
    public void Wake(int zone, Gfp gfp, int order, ZoneType highest)
    {
        int node = _zones[zone].Node;
        ref KswapdState state = ref _states[node];
        state.HighestPlusOne = Math.Max(state.HighestPlusOne, (int)highest + 1);
        state.Order = Math.Max(state.Order, order);
        if (state.Phase > KswapdPhase.ShortSleep || state.Failures >= MostFailures)
            return;
        if (IsBalanced(node, order, highest) && !IsBoosted(node, highest))
            return;
        _vmscan.Tracepoints?.MmVmscanWakeupKswapd(node, highest, order, gfp);
        state.WokenEarly = state.Phase == KswapdPhase.ShortSleep;
        if (state.WokenEarly)
            _ = _events.Cancel(_agent, node);
        state.Phase = KswapdPhase.Woken;
        _turns.Wakes(ref state.Se, _agent, node);
    }

    /// <summary>Lets a node's kswapd run that was woken and takes the CPU as soon as it can.</summary>
    public void GiveWay(int node)
    {
        ref KswapdState state = ref _states[node];
        if (!_isRunning && state.Phase == KswapdPhase.Woken && state.Se.Preempts)
            RunNow(node);
    }

    /// <summary>A third took the CPU from the running task and went: kswapd of a node, if it is ready and ran less, has it next.</summary>
    public void TakeTurn(int node)
    {
        ref KswapdState state = ref _states[node];
        if (IsReady(in state) && _turns.ThirdTakesTask(in state.Se))
            RunNow(node);
    }

    /// <summary>Lets a node's kswapd end the batch it is in, or run if it is ready to, whosever turn it is. Whether there was anything to do.</summary>
    public bool RunWoken(int node)
    {
        if (_vmscan.GiveBack(node))
            return true;
        if (!IsReady(in _states[node]))
            return false;
        RunNow(node);
        return true;
    }

    /// <summary>Runs until it sleeps, waits, or has had its slice.</summary>
    void IAgent.Run(int argument)
    {
        if (_isRunning)
        {
            // Another node's kswapd has the CPU.
            _events.Schedule(_clock.NowNs + FairTurns.JiffyNs, _agent, argument);
            return;
        }

        ref KswapdState state = ref _states[argument];
        // One that only looked whether the task still waits keeps its turn.
        bool switches = !state.Se.HasTurn;
        if (!_turns.TakesCpu(ref state.Se, _agent, argument))
            return;

        _isRunning = true;
        bool wasInFault = _vmscan.SetInFault(false);
        int wasPlug = _vmscan.SetPlug(argument + 1);
        if (switches)
            _clock.KswapdTurns++;
        bool goesOn;
        do
        {
            _ = _vmscan.GiveBack(argument);
            goesOn = Step(argument, ref state);
            _turns.Account(ref state.Se);
            if (goesOn)
                _events.RunDue();
        }
        while (goesOn && KeepsCpu(argument, ref state));
        if (!goesOn)
            _ = _vmscan.GiveBack(argument);
        _isRunning = false;
        _ = _vmscan.SetPlug(wasPlug);
        _ = _vmscan.SetInFault(wasInFault);
        _vmscan.TaskGoesOn();
        _turns.Stops(in state.Se);
    }

    /// <inheritdoc/>
    public void Dispose() => _states.Dispose();

    /// <summary>Whether it would run and does not. After its lists it may be waiting for writes.</summary>
    private bool IsReady(in KswapdState state) => !_isRunning && state.Phase is (KswapdPhase.Woken or KswapdPhase.Priority or KswapdPhase.Lists);

    private void RunNow(int node)
    {
        _states[node].Se.Preempts = true;
        _ = _events.Cancel(_agent, node);
        ((IAgent)this).Run(node);
    }

    /// <summary>One step of kswapd; false when it stops for now.</summary>
    private bool Step(int node, ref KswapdState state)
    {
        switch (state.Phase)
        {
            case KswapdPhase.ShortSleep:
                if (MaySleep(node, state.Order, state.Highest))
                {
                    _vmscan.Tracepoints?.MmVmscanKswapdSleep(node);
                    state.Phase = KswapdPhase.Asleep;
                    return false;
                }

                _stat.KswapdHighWmarkHitQuickly++;
                StartBalancing(node, ref state);
                return true;
            case KswapdPhase.Woken:
                if (state.WokenEarly)
                    _stat.KswapdLowWmarkHitQuickly++;
                StartBalancing(node, ref state);
                return true;
            case KswapdPhase.Priority:
                return StartPass(node, ref state);
            case KswapdPhase.Lists:
                if (_vmscan.Round(ref state.Sc, ref state.Scan))
                    return true;
                _vmscan.End(ref state.Sc, ref state.Scan);
                if (_vmscan.NextLruvec(node, ref state.Sc, ref state.Scan))
                    return true;
                state.Phase = KswapdPhase.AfterLists;
                bool wakesOther = _vmscan.NotePass(in state.Sc);
                if (IsThrottled(node, ref state))
                    return false;
                state.Yields = wakesOther;
                return true;
            case KswapdPhase.AfterLists:
                return EndPass(node, ref state);
            default:
                return false;
        }
    }

    /// <summary>Whether it goes on after a step; if not, it is ready to.</summary>
    private bool KeepsCpu(int node, ref KswapdState state)
    {
        bool yields = state.Yields;
        state.Yields = false;
        return _turns.KeepsCpu(ref state.Se, yields, _agent, node);
    }

    /// <summary>The start of balance_pgdat.</summary>
    private void StartBalancing(int node, ref KswapdState state)
    {
        _events.Psi.KswapdEnter();
        int order = state.Order;
        state.Highest = state.HighestPlusOne > 0 ? (ZoneType)(state.HighestPlusOne - 1) : state.Highest;
        state.Order = 0;
        state.HighestPlusOne = 0;
        _vmscan.Tracepoints?.MmVmscanKswapdWake(node, state.Highest, order);
        _stat.PageOutRun++;
        state.Sc = new ScanControl { Gfp = Gfp.Kernel, Order = order, MayUnmap = true, IsKswapd = true, ReclaimIdx = state.Highest };
        state.BoostReclaim = 0;
        for (ZoneType type = ZoneType.Dma; type <= state.Highest; type++)
        {
            state.ZoneBoosts[(int)type] = _zones[ZoneTable.Index(node, type)].WatermarkBoost;
            state.BoostReclaim += state.ZoneBoosts[(int)type];
        }

        state.WasBoosted = state.BoostReclaim != 0;
        Restart(node, ref state);
    }

    private void Restart(int node, ref KswapdState state)
    {
        SetReclaimActive(node, state.Highest, isActive: true);
        state.Sc.Priority = ScanControl.DefaultPriority;
        state.Phase = KswapdPhase.Priority;
    }

    /// <summary>One priority of balance_pgdat up to its pass over the lists (kswapd_shrink_node).</summary>
    private bool StartPass(int node, ref KswapdState state)
    {
        bool balanced = IsBalanced(node, state.Sc.Order, state.Highest);
        if (!balanced && state.BoostReclaim != 0)
        {
            state.BoostReclaim = 0;
            Restart(node, ref state);
            return true;
        }

        if (state.BoostReclaim == 0 && balanced)
            return Finish(node, ref state);
        // For a boost, only what is easy: no writing, and not much effort.
        state.RaisesPriority = state.BoostReclaim == 0 || state.Sc.Priority != ScanControl.DefaultPriority - 2;
        state.Sc.MayWritepage = state.BoostReclaim == 0;
        state.Sc.MaySwap = state.BoostReclaim == 0;
        state.ReclaimedBefore = state.Sc.NrReclaimed;
        _vmscan.AgeAnon(node, ref state.Sc);
        state.Sc.NrScanned = 0;
        state.Sc.NrToReclaim = 0;
        for (ZoneType type = ZoneType.Dma; type <= state.Highest; type++)
        {
            ref Zone zone = ref _zones[ZoneTable.Index(node, type)];
            if (zone.ManagedPages != 0)
                state.Sc.NrToReclaim += Math.Max(zone.MarkPages(Watermark.High), ScanControl.SwapClusterMax);
        }

        state.Scan = default;
        _vmscan.StartNode(node, ref state.Sc);
        // The root is never protected, so there is a first.
        _ = _vmscan.NextLruvec(node, ref state.Sc, ref state.Scan);
        state.Phase = KswapdPhase.Lists;
        return true;
    }

    /// <summary>What shrink_node notes of the pass; true when it has to wait for writes.</summary>
    private bool IsThrottled(int node, ref KswapdState state)
    {
        ref ScanCounts nr = ref state.Sc.Nr;
        ref NodeFlags flags = ref _vmscan.FlagsOf(node);
        if (nr.Writeback != 0 && nr.Writeback == nr.Taken)
            flags.Writeback = true;
        if (nr.UnqueuedDirty == nr.FileTaken)
            flags.Dirty = true;
        if (nr.Dirty != 0 && nr.Dirty == nr.Congested)
            _vmscan.TargetLruvec(node, in state.Sc).Congested = true;
        if (nr.Immediate == 0)
            return false;
        _events.Schedule(_clock.NowNs + WritebackThrottleNs, _agent, node);
        return true;
    }

    private bool EndPass(int node, ref KswapdState state)
    {
        ref ScanControl sc = ref state.Sc;
        if (sc.NrReclaimed > state.ReclaimedBefore)
            state.Failures = 0;
        if (sc.Order != 0 && sc.NrReclaimed >= 2L << sc.Order)
            sc.Order = 0;
        if (sc.NrScanned >= sc.NrToReclaim)
            state.RaisesPriority = false;
        long reclaimed = sc.NrReclaimed - state.ReclaimedBefore;
        state.BoostReclaim -= Math.Min(state.BoostReclaim, reclaimed);
        bool isInVain = state.BoostReclaim != 0 && reclaimed == 0;
        if (state.RaisesPriority || reclaimed == 0)
            sc.Priority--;
        state.Phase = KswapdPhase.Priority;
        if (sc.Priority >= 1 && !isInVain)
            return true;
        if (sc.NrReclaimed == 0)
            state.Failures++;
        return Finish(node, ref state);
    }

    /// <summary>The end of balance_pgdat, and to sleep if the node is balanced (kswapd_try_to_sleep); else once more.</summary>
    private bool Finish(int node, ref KswapdState state)
    {
        SetReclaimActive(node, state.Highest, isActive: false);
        _events.Psi.KswapdLeave();
        if (state.WasBoosted)
        {
            for (ZoneType type = ZoneType.Dma; type <= state.Highest; type++)
            {
                ref Zone zone = ref _zones[ZoneTable.Index(node, type)];
                zone.WatermarkBoost -= Math.Min(zone.WatermarkBoost, state.ZoneBoosts[(int)type]);
            }
        }

        _vmscan.SnapshotRefaults(node, 0);
        if (MaySleep(node, Math.Max(state.Order, state.Sc.Order), state.Highest))
        {
            state.Phase = KswapdPhase.ShortSleep;
            _events.Schedule(_clock.NowNs + ShortSleepNs, _agent, node);
            return false;
        }

        _stat.KswapdHighWmarkHitQuickly++;
        StartBalancing(node, ref state);
        return true;
    }

    /// <summary>prepare_kswapd_sleep.</summary>
    private bool MaySleep(int node, int order, ZoneType highest)
    {
        if (_states[node].Failures >= MostFailures)
            return true;
        if (!IsBalanced(node, order, highest))
            return false;
        _vmscan.FlagsOf(node) = default;
        _vmscan.TargetLruvec(node, in _states[node].Sc).Congested = false;
        return true;
    }
}
