using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Cgroups;

/// <content>
/// memory.pressure: stalls of a cgroup's tasks, and of those below it (psi_task_change). While a task of it stalls no other of
/// it is productive, for the machine runs one at a time: its "some" is "full" as well. kswapd is nobody's.
/// </content>
public sealed partial class MemCgroups
{
    private readonly List<PsiGroup?> _pressures = [];
    private PsiGroup? _psi;
    private Clock? _clock;
    private int _stalled;

    /// <summary>Stalls of the whole machine and its clock, wired by the machine.</summary>
    internal void HavePsi(PsiGroup system, Clock clock)
    {
        _psi = system;
        _clock = clock;
        system.MemstallChanged = NoteMemstall;
    }

    /// <summary>Stalls of a cgroup's tasks, accounted up to now; null: there were none, and for the root, whose are the machine's.</summary>
    public PsiGroup? PressureOf(int memcg)
    {
        PsiGroup? group = memcg < _pressures.Count ? _pressures[memcg] : null;
        group?.Update();
        return group;
    }

    private void NoteMemstall(bool begins)
    {
        // The task may be moved while it stalls; what began for a cgroup ends for it.
        if (begins)
            _stalled = Current;
        for (int memcg = _stalled; memcg > Root; memcg = _memcgs[memcg].Parent)
        {
            while (_pressures.Count <= memcg)
                _pressures.Add(null);
            PsiGroup group = _pressures[memcg] ??= new PsiGroup(_clock!);
            if (begins)
                group.MemstallEnter();
            else
                group.MemstallLeave();
        }
    }

    /// <summary>A cgroup begins without any.</summary>
    private void ForgetPressure(int memcg)
    {
        if (memcg < _pressures.Count)
            _pressures[memcg] = null;
    }
}
