using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Oom;
using Pagewise.Kernel.Tasks;
using Pagewise.Replay;

namespace Pagewise.Reports.RunFiles;

/// <content>Processes: their births and ends, and what the OOM killer weighed.</content>
public sealed partial class RunRecorder : ISchedTracepoints
{
    // A recording of endless fork and exit, and a machine that kills at every step, are bounded like all else.
    private const int MostProcesses = 1 << 16;
    private const int MostScores = 1 << 16;

    private readonly List<RunProcess> _processes = [];
    private readonly Dictionary<int, int> _placeOf = [];
    private readonly List<RunKill> _kills = [];
    private readonly List<RunScore> _scores = [];
    private OomDump? _dump;
    private long _dumpNs;

    void ISchedTracepoints.SchedProcessFork(int parent, int child)
    {
        ref TaskStruct made = ref _machine.Tasks.Tasks[child];
        if (made.GroupLeader != child || _processes.Count == MostProcesses)
            return;
        _placeOf[made.Tgid] = _processes.Count;
        int parentPid = made.Parent == 0 ? 0 : _machine.Tasks.Tasks[made.Parent].Tgid;
        _processes.Add(new RunProcess(made.Tgid, parentPid, "", parent == 0 ? 0 : (long)_machine.NowNs, null, null));
    }

    void ISchedTracepoints.SchedProcessExec(int task)
    {
    }

    void ISchedTracepoints.OomScoreAdjUpdate(int task)
    {
    }

    void ISchedTracepoints.SchedProcessExit(int task)
    {
        ref TaskStruct ending = ref _machine.Tasks.Tasks[task];
        ref TaskStruct leader = ref _machine.Tasks.Tasks[ending.GroupLeader];
        if (leader.Threads > 1 || !_placeOf.Remove(ending.Tgid, out int place))
            return;
        _processes[place] = _processes[place] with
        {
            Name = _machine.Tasks.CommOf(task),
            EndNs = (long)_machine.NowNs,
            EndReason = leader.IsSigkilled ? "oom" : "exit",
        };
    }

    /// <inheritdoc/>
    public void OomDumped(Replayer replayer, OomDump dump)
    {
        ArgumentNullException.ThrowIfNull(dump);
        Sampler.LookNow();
        _snapshots.OomDumped(replayer);
        _dump = dump;
        _dumpNs = (long)_machine.NowNs;
        foreach (int task in dump.Tasks)
        {
            if (_scores.Count == MostScores)
                return;
            ref TaskStruct one = ref _machine.Tasks.Tasks[task];
            ref MmStruct mm = ref _machine.AddressSpaces.Mms[one.Mm];
            _scores.Add(new RunScore(_dumpNs, one.Tgid, _machine.Tasks.CommOf(task), mm.Rss.Total, mm.Rss.SwapEntries, PageTablePages(in mm), AdjOf(task), PointsOf(task, dump.TotalPages)));
        }
    }

    /// <inheritdoc/>
    public void OomKilled(Replayer replayer, int task, string reason)
    {
        ref TaskStruct victim = ref _machine.Tasks.Tasks[task];
        bool isChosen = _dump is not null && _dump.Victim != 0 && _machine.Tasks.Tasks[_dump.Victim].GroupLeader == victim.GroupLeader;
        if (_kills.Count < MostProcesses)
            _kills.Add(new RunKill((long)_machine.NowNs, victim.Tgid, _machine.Tasks.CommOf(task), isChosen ? PointsOf(task, _dump!.TotalPages) : null, AdjOf(task), reason));
    }

    private List<RunProcess> Processes()
    {
        foreach (int place in _placeOf.Values)
        {
            RunProcess living = _processes[place];
            _processes[place] = living with { Name = _machine.Tasks.Find(living.Pid) is not 0 and var task ? _machine.Tasks.CommOf(task) : "" };
        }

        return _processes;
    }

    private long? PointsOf(int task, long totalPages)
    {
        ref TaskStruct one = ref _machine.Tasks.Tasks[task];
        ref MmStruct mm = ref _machine.AddressSpaces.Mms[one.Mm];
        long pages = mm.Rss.Total + mm.Rss.SwapEntries + PageTablePages(in mm);
        return new OomBadness(_machine.Spec.Kernel).Points(pages, AdjOf(task), totalPages, one.CapSysAdmin);
    }

    private short AdjOf(int task) => _machine.Tasks.Tasks[_machine.Tasks.Tasks[task].GroupLeader].OomScoreAdj;

    private static long PageTablePages(in MmStruct mm) => (long)mm.PgtablesBytes >> 12;
}
