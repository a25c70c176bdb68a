using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Reclaim;
using Pagewise.Kernel.Tasks;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Oom;

/// <summary>
/// The OOM killer of a machine (out_of_memory, mm/oom_kill.c; 6.1 and 6.18): who asks for the last page makes it choose a
/// process, which gets a SIGKILL, may use half of the reserve to come to its end, and gives its memory back there.
/// </summary>
/// <remarks>
/// Simplified: no SysRq F, no notifiers (balloons), no tasks that ask to be chosen (swapoff, KSM); reports are
/// not rate-limited.
/// </remarks>
public sealed partial class OomKiller : IOomKiller, IAgent
{
    /// <summary>OOM_REAPER_DELAY (5.18 and later): a victim has two seconds to end by itself.</summary>
    private const double ReaperDelayNs = 2e9;

    private readonly TaskTable _table;
    private readonly Arena<TaskStruct> _tasks;
    private readonly Arena<MmStruct> _mms;
    private readonly Arena<VmArea> _vmas;
    private readonly Scheduler _scheduler;
    private readonly Sigkills _sigkills;
    private readonly PageTables _pageTables;
    private readonly ZoneTable _zones;
    private readonly VmStat _stat;
    private readonly VmSettings _settings;
    private readonly Clock _clock;
    private readonly EventQueue _events;
    private readonly OomBadness _badness;
    private readonly int _agent;
    private readonly List<int> _scanned = [];

    internal OomKiller(TaskTable table, AddressSpaceArenas spaces, Scheduler scheduler, Sigkills sigkills, PageTables pageTables, ZoneTable zones, VmStat stat, VmSettings settings, Clock clock, EventQueue events)
    {
        _table = table;
        _tasks = table.Tasks;
        _mms = spaces.Mms;
        _vmas = spaces.Vmas;
        _scheduler = scheduler;
        _sigkills = sigkills;
        _pageTables = pageTables;
        _zones = zones;
        _stat = stat;
        _settings = settings;
        _clock = clock;
        _events = events;
        _badness = new OomBadness(settings.Kernel);
        _agent = events.Register(this);
    }

    /// <summary>vm.panic_on_oom, vm.oom_kill_allocating_task and vm.oom_dump_tasks. May be written while the machine runs.</summary>
    public OomSettings Settings { get; set; } = new();

    /// <summary>Who is told what happens; null: nobody.</summary>
    public IOomSink? Sink { get; set; }

    /// <summary>Who listens to <c>mark_victim</c> (of the oom group): told which task was chosen, its memory still there; null: nobody.</summary>
    public Action<int>? VictimTracepoint { get; set; }

    /// <summary>The memory cgroups; null: there are none.</summary>
    internal IOomCgroups? Cgroups { get; set; }

    /// <inheritdoc/>
    public bool OutOfMemory(in AllocContext context, Gfp gfp, int order) => OutOfMemory(context.PolicyNodes, context.NodeMask, gfp, order, memcg: 0);

    /// <summary>A cgroup is at its limit and nothing of it can be reclaimed (mem_cgroup_out_of_memory).</summary>
    /// <param name="memcg">The cgroup, not 0.</param>
    /// <param name="gfp">The flags of the charge.</param>
    /// <param name="order">The block wanted.</param>
    /// <returns>Whether a task was killed or is dying, so that trying again makes sense.</returns>
    internal bool OutOfMemory(int memcg, Gfp gfp, int order) => OutOfMemory(ulong.MaxValue, ulong.MaxValue, gfp, order, memcg);

    /// <summary>The reaper's moment for a victim that has not ended (oom_reaper).</summary>
    void IAgent.Run(int argument) => Reap(argument);

    private bool OutOfMemory(ulong policyNodes, ulong nodeMask, Gfp gfp, int order, int memcg)
    {
        int current = _scheduler.Current;
        if (current != 0 && WillFreeMemory(current))
        {
            MarkVictim(current);
            return true;
        }

        // Who may not enter file systems could not reclaim much, so others shall try before anybody dies. Until
        // something that is under way ends there is nothing new to try.
        if (memcg == 0 && (gfp & Gfp.Fs) == 0)
            return _events.WaitForNext();
        OomConstraint constraint = memcg != 0 ? OomConstraint.Memcg : Constrained(policyNodes, nodeMask, gfp);
        ulong shortNodes = constraint == OomConstraint.MemoryPolicy ? policyNodes : 0;
        long total = TotalPages(constraint, shortNodes, memcg);
        CollectTasks(memcg, shortNodes);
        if (Settings.PanicOnOom == 2 || (Settings.PanicOnOom == 1 && constraint == OomConstraint.None))
        {
            Dump(0);
            Panic($"Out of memory: {(Settings.PanicOnOom == 2 ? "compulsory" : "system-wide")} panic_on_oom is enabled");
        }

        if (memcg == 0 && Settings.KillsAllocatingTask && current != 0 && _tasks[current].Mm != 0 && !IsUnkillable(current)
            && IsEligible(current, shortNodes) && AdjOf(current) != OomBadness.ScoreAdjMin)
        {
            KillProcess(current, "Out of memory (oom_kill_allocating_task)");
            return true;
        }

        int chosen = SelectBadProcess(total, out bool isUnderWay);
        if (isUnderWay)
            return true;
        if (chosen == 0)
        {
            Dump(0);
            if (memcg != 0)
                return false;
            Panic("System is deadlocked on memory");
        }

        KillProcess(chosen, memcg == 0 ? "Out of memory" : "Memory cgroup out of memory");
        return true;

        void Dump(int victim) =>
            Sink?.Dumped(new OomDump(current, gfp, order, constraint, shortNodes, memcg, total, Settings.DumpsTasks ? [.. _scanned] : [], victim));

        void KillProcess(int victim, string reason)
        {
            // A victim that is ending anyway only needs the reserves.
            if (WillFreeMemory(victim))
            {
                MarkVictim(victim);
                return;
            }

            Dump(victim);
            int group = Cgroups?.OomGroupOf(victim, memcg) ?? 0;
            Kill(victim, reason);
            if (group == 0)
                return;
            Cgroups!.CountOomGroupKill(group);
            Sink?.KillsGroup(Cgroups.PathOf(group));
            _scanned.Clear();
            Cgroups.CollectTasks(group, _scanned);
            foreach (int member in _scanned)
            {
                if (AdjOf(member) != OomBadness.ScoreAdjMin && !IsUnkillable(member))
                    Kill(member, reason);
            }
        }
    }

    /// <summary>constrained_alloc: whether only the nodes of a policy, or of a cpuset, are short.</summary>
    private OomConstraint Constrained(ulong policyNodes, ulong nodeMask, Gfp gfp)
    {
        ulong nodes = _scheduler.NodesWithMemory;
        if ((gfp & Gfp.ThisNode) != 0)
            return OomConstraint.None;
        if ((nodes & ~policyNodes) != 0)
            return OomConstraint.MemoryPolicy;
        return (nodes & ~nodeMask) != 0 ? OomConstraint.Cpuset : OomConstraint.None;
    }

    private long TotalPages(OomConstraint constraint, ulong nodes, int memcg)
    {
        if (constraint == OomConstraint.Memcg)
            return Math.Max(Cgroups!.MaxPages(memcg), 1);
        if (constraint == OomConstraint.None)
            return (long)_settings.TotalRamPages + _stat.TotalSwapPages;
        if (constraint == OomConstraint.Cpuset)
            nodes = MemsOf(_scheduler.Current);
        long pages = _stat.TotalSwapPages;
        for (int zone = 0; zone < _zones.ZoneCount; zone++)
        {
            if (((nodes >> _zones[zone].Node) & 1) != 0)
                pages += _zones[zone].PresentPages;
        }

        return pages;
    }

    /// <summary>The processes that may be chosen, each by a task that still has memory, in the kernel's order (for_each_process, find_lock_task_mm).</summary>
    private void CollectTasks(int memcg, ulong nodes)
    {
        _scanned.Clear();
        if (memcg != 0)
        {
            Cgroups!.CollectTasks(memcg, _scanned);
            return;
        }

        for (int task = 1; task < _tasks.HighWater; task++)
        {
            int leader = _tasks[task].GroupLeader;
            if (_tasks[task].Mm == 0 || _tasks[task].HasExited || leader == 0 || _tasks[leader].Tgid != _tasks[task].Tgid || IsUnkillable(task) || !IsEligible(task, nodes))
                continue;
            // A process is met once, by its first task with memory.
            if (task == leader || (_tasks[leader].Mm == 0 && !_scanned.Exists(other => _tasks[other].GroupLeader == leader)))
                _scanned.Add(task);
        }

        _scanned.Sort((left, right) => _tasks[_tasks[left].GroupLeader].Place.CompareTo(_tasks[_tasks[right].GroupLeader].Place));
    }

    /// <summary>select_bad_process: the one with most points, of equals the one found last; nobody while a victim is still ending.</summary>
    private int SelectBadProcess(long totalPages, out bool isUnderWay)
    {
        int chosen = 0;
        long most = long.MinValue;
        isUnderWay = false;
        foreach (int task in _scanned)
        {
            int mm = _tasks[task].Mm;
            if (_tasks[_tasks[task].GroupLeader].IsOomVictim)
            {
                if (_mms[mm].OomSkip)
                    continue;
                isUnderWay = true;
                return 0;
            }

            // Who runs swapoff is what memory is short for (oom_task_origin).
            if (_tasks[_tasks[task].GroupLeader].IsOomOrigin)
            {
                chosen = task;
                most = long.MaxValue;
                continue;
            }

            if (_mms[mm].OomSkip || IsInVfork(task) || _badness.Points(PagesOf(mm), AdjOf(task), totalPages, _tasks[task].CapSysAdmin) is not { } points)
                continue;
            if (chosen != 0 && (points < most || (points == most && !_badness.PrefersLater)))
                continue;
            chosen = task;
            most = points;
        }

        return chosen;
    }

    private long PagesOf(int mm) => _mms[mm].Rss.Total + _mms[mm].Rss.SwapEntries + (long)(_mms[mm].PgtablesBytes / Pfn.SizeBytes);

    private short AdjOf(int task) => _tasks[_tasks[task].GroupLeader].OomScoreAdj;

    /// <summary>oom_unkillable_task: init. Kernel threads have no memory here and are not met.</summary>
    private bool IsUnkillable(int task) => _tasks[_tasks[task].GroupLeader].IsGlobalInit;

    private ulong MemsOf(int task) => _scheduler.Memcgs.EffectiveMems(_tasks[task].Memcg);

    /// <summary>
    /// Whether killing a process helps (oom_cpuset_eligible): not if all its tasks are bound to nodes that are not short
    /// (mempolicy_in_oom_domain), or where no policy says which are, share no node with who asks (cpuset_mems_allowed_intersects).
    /// </summary>
    private bool IsEligible(int task, ulong nodes)
    {
        ulong mems = MemsOf(_scheduler.Current);
        if (nodes == 0 && mems == ulong.MaxValue)
            return true;
        int leader = _tasks[task].GroupLeader;
        for (int other = 1; other < _tasks.HighWater; other++)
        {
            if (_tasks[other].GroupLeader != leader || _tasks[other].HasExited)
                continue;
            MemPolicy policy = _scheduler.PolicyOf(other);
            if (nodes == 0 ? (MemsOf(other) & mems) != 0 : policy.Mode != MemPolicyMode.Bind || (policy.Nodes & nodes) != 0)
                return true;
        }

        return false;
    }

    /// <summary>in_vfork: it still runs in its waiting parent's memory, which would not come back with it.</summary>
    private bool IsInVfork(int task) => _tasks[task].IsVforked && _tasks[task].Parent != 0 && _tasks[_tasks[task].Parent].Mm == _tasks[task].Mm;
}
