using System.Diagnostics.CodeAnalysis;
using Pagewise.Kernel.AddressSpaces;

namespace Pagewise.Kernel.Oom;

/// <content>The kill itself, the reaper, the panic.</content>
public sealed partial class OomKiller
{
    /// <summary>task_will_free_mem: a SIGKILL is on its way to it and to all others that run in its memory.</summary>
    private bool WillFreeMemory(int task)
    {
        int mm = _tasks[task].Mm;
        if (mm == 0 || !IsDying(task) || _mms[mm].OomSkip)
            return false;
        for (int other = 1; other < _tasks.HighWater; other++)
        {
            if (_tasks[other].Mm == mm && !_tasks[other].HasExited && !IsDying(other))
                return false;
        }

        return true;
    }

    private bool IsDying(int task) => _tasks[_tasks[task].GroupLeader].IsSigkilled;

    /// <summary>mark_oom_victim and queue_oom_reaper.</summary>
    private void MarkVictim(int task)
    {
        int leader = _tasks[task].GroupLeader;
        if (!_tasks[leader].IsOomVictim)
        {
            _tasks[leader].IsOomVictim = true;
            VictimTracepoint?.Invoke(task);
            QueueReaper(task);
        }

        _sigkills.OpenReserves();
    }

    /// <summary>__oom_kill_process: the victim, and every other process that runs in the same memory.</summary>
    private void Kill(int victim, string reason)
    {
        // Who is found in a second look has ended meanwhile.
        int mm = _tasks[victim].Mm;
        if (mm == 0)
            return;
        _stat.OomKill++;
        Cgroups?.CountOomKill(victim);
        int leader = _tasks[victim].GroupLeader;
        Sink?.Killed(victim, reason);
        bool canReap = true;
        for (int other = 1; other < _tasks.HighWater; other++)
        {
            if (_tasks[other].Mm != mm || _tasks[other].HasExited || _tasks[other].GroupLeader == leader)
                continue;
            if (IsUnkillable(other))
            {
                canReap = false;
                _mms[mm].OomSkip = true;
                continue;
            }

            _sigkills.Send(other);
        }

        _sigkills.Send(victim);
        if (!_tasks[leader].IsOomVictim)
            VictimTracepoint?.Invoke(victim);
        _tasks[leader].IsOomVictim = true;
        _sigkills.OpenReserves();
        if (canReap)
            QueueReaper(victim);
    }

    private void QueueReaper(int task) => _events.Schedule(_clock.NowNs + ReaperDelayNs, _agent, task);

    /// <summary>
    /// oom_reap_task_mm: takes the private memory of a victim that still has not ended. Shared mappings, huge page pools and
    /// device memory stay.
    /// </summary>
    private void Reap(int task)
    {
        int mm = _tasks[task].Mm;
        if (mm == 0 || _tasks[task].HasExited || _mms[mm].OomSkip)
            return;
        _pageTables.BeginUnmap(mm);
        for (int vma = _mms[mm].Mmap; vma != 0; vma = _vmas[vma].Next)
        {
            ref readonly VmArea area = ref _vmas[vma];
            if ((area.Flags & (VmFlags.HugeTlb | VmFlags.PfnMap)) == 0 && (area.IsAnonymous || (area.Flags & VmFlags.Shared) == 0))
                _pageTables.Zap(vma, area.Start, area.End, keepMarkers: false);
        }

        _pageTables.FinishUnmap();
        _mms[mm].OomSkip = true;
        Sink?.Reaped(task);
    }

    [DoesNotReturn]
    private void Panic(string message)
    {
        Sink?.Panicked(message);
        throw new KernelPanicException(message);
    }
}
