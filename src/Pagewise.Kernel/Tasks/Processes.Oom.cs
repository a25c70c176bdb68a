using Pagewise.Abi;

namespace Pagewise.Kernel.Tasks;

public sealed partial class Processes
{
    private const int LeastOomScoreAdj = -1000;
    private const int MostOomScoreAdj = 1000;

    /// <summary>
    /// A write to /proc/PID/oom_score_adj (__set_oom_adj, fs/proc/base.c): for the whole process, and for others that run in
    /// its memory, unless it is a child of vfork that has none of its own yet.
    /// </summary>
    /// <param name="task">Who writes.</param>
    /// <param name="target">A task of the process; 0: there is none any more.</param>
    /// <param name="value">The number written.</param>
    public SysResult SetOomScoreAdj(int task, int target, long value)
    {
        if (value is < LeastOomScoreAdj or > MostOomScoreAdj)
            return Errno.EINVAL;
        if (target == 0 || _tasks[target].HasExited)
            return Errno.ESRCH;
        bool isPrivileged = _tasks[task].CapSysResource;
        int leader = _tasks[target].GroupLeader;
        if (value < _tasks[leader].OomScoreAdjMin && !isPrivileged)
            return Errno.EACCES;
        Set(leader);
        _table.Tracepoints?.OomScoreAdjUpdate(leader);
        int mm = _tasks[target].Mm;
        if (mm == 0 || _tasks[target].IsVforked || _spaces.Mms[mm].Users <= 1)
            return SysResult.Ok;
        for (int other = 1; other < _tasks.HighWater; other++)
        {
            int process = _tasks[other].GroupLeader;
            if (_tasks[other].Mm == mm && !_tasks[other].HasExited && process != leader && !_tasks[process].IsGlobalInit)
                Set(process);
        }

        return SysResult.Ok;

        void Set(int process)
        {
            _tasks[process].OomScoreAdj = (short)value;
            if (isPrivileged)
                _tasks[process].OomScoreAdjMin = (short)value;
        }
    }
}
