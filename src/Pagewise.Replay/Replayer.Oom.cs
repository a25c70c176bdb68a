using System.Globalization;
using System.Text;
using Pagewise.Abi;
using Pagewise.Kernel.Oom;
using Pagewise.Kernel.Tasks;
using Pagewise.Workloads;

namespace Pagewise.Replay;

/// <content>
/// The OOM killer: who it ends in the model does nothing more, whatever the recording has of it; oom_score_adj as
/// recorded programs write it.
/// </content>
public sealed partial class Replayer
{
    private const string OomScoreAdjFile = "/oom_score_adj";

    private long _killsSeen;
    private int _killedTasks;

    /// <summary>Recorded events of threads that the model's OOM killer had ended, which were passed over.</summary>
    public long EventsOfKilled { get; private set; }

    void IOomSink.Dumped(OomDump dump)
    {
        KernelLog.Dumped(dump);
        Observer?.OomDumped(this, dump);
    }

    // The last moment at which its memory can be looked at.
    void IOomSink.Killed(int task, string reason)
    {
        KernelLog.Killed(task, reason);
        Observer?.OomKilled(this, task, reason);
        int leader = Machine.Tasks.Tasks[task].GroupLeader;
        ReplayTask? killed = _tasks.Values.FirstOrDefault(one => one.Task != 0 && StructOf(one).GroupLeader == leader);
        if (killed is not null)
            SpaceEnds(killed);
    }

    void IOomSink.KillsGroup(string path) => KernelLog.KillsGroup(path);

    void IOomSink.Reaped(int task) => KernelLog.Reaped(task);

    void IOomSink.Panicked(string message) => KernelLog.Panicked(message);

    /// <summary>Whether an event belongs to a thread that was killed: then it is passed over, but for the children it would have had, who are not there either.</summary>
    private bool PassOverKilled(Event step)
    {
        if (!_tasks.TryGetValue(step.Tid, out ReplayTask? task) || !task.IsKilled)
            return false;
        EventsOfKilled++;
        if (step.Kind != EventKind.Call)
            return true;
        ref CallRecord call = ref _batch.Calls[step.Index];
        if (call.Sysno is Sysno.Fork or Sysno.Vfork or Sysno.Clone or Sysno.Clone3 && call.Has(CallFlags.HasResult) && call.Result > 0)
        {
            _tasks[(int)call.Result] = new ReplayTask { RecordedTid = (int)call.Result, Space = new ReplaySpace(), IsPassedOver = true, IsKilled = true };
            _killedTasks++;
        }

        return true;
    }

    private void TakeKills()
    {
        _killsSeen = Machine.VmStat.OomKill;
        // A victim that sleeps ends at the next look at what is due: it is told apart by its signal.
        foreach (ReplayTask task in _tasks.Values)
        {
            if (task.Task == 0 || task.IsKilled || !Machine.Tasks.Tasks[StructOf(task).GroupLeader].IsSigkilled)
                continue;
            task.IsKilled = true;
            task.IsPassedOver = true;
            task.Task = 0;
            _killedTasks++;
        }
    }

    /// <summary>Whose oom_score_adj a write goes to; null: it is another file.</summary>
    private int? OomScoreAdjTarget(ReplayTask task, ref CallRecord call)
    {
        string path = Text(call.FdPath);
        if (path.Length == 0)
            path = _calls.InodeOf(task.Task, (int)call.Args[0]) is not 0 and var inode ? Machine.Inodes.NameOf(inode) : "";
        const string proc = "/proc/";
        if (!path.StartsWith(proc, StringComparison.Ordinal) || !path.EndsWith(OomScoreAdjFile, StringComparison.Ordinal))
            return null;
        string who = path[proc.Length..^OomScoreAdjFile.Length].Split('/')[0];
        if (who is "self" or "thread-self")
            return task.RecordedTid;
        return int.TryParse(who, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : null;
    }

    private void ReplayOomScoreAdj(ReplayTask task, ref CallRecord call, int pid)
    {
        string text = Encoding.UTF8.GetString(_batch.PayloadBytes(call)).Trim();
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value))
        {
            Warn("what was written to oom_score_adj is not in the recording, or is no number");
            return;
        }

        int target = pid == task.RecordedTid ? task.Task : _tasks.TryGetValue(pid, out ReplayTask? other) ? other.Task : 0;
        SysResult result = target == 0 ? Errno.ESRCH : _calls.SetOomScoreAdj(task.Task, Machine.Tasks.Tasks[target].Pid, value);
        if (target != 0)
            CompareResult(ref call, result.IsError ? result : SysResult.Of((ulong)call.Result));
    }
}
