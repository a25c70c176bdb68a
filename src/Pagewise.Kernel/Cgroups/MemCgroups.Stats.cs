using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.Cgroups;

/// <content>Counters of memory.stat and memory.events: each is moved in the cgroup and in all above it, where Linux adds them up when they are read.</content>
public sealed partial class MemCgroups
{
    /// <summary>Moves a counter of a cgroup (mod_memcg_state, count_memcg_events). The root's are the machine's, in VmStat.</summary>
    /// <param name="memcg">The cgroup; 0 and the root count nothing.</param>
    /// <param name="stat">The counter.</param>
    /// <param name="amount">By how much.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Count(int memcg, MemcgStat stat, long amount)
    {
        if (memcg > Root)
            CountUp(memcg, stat, amount);
    }

    /// <summary>A counter of a cgroup, those below included (memcg_page_state, memcg_events).</summary>
    public long Stat(int memcg, MemcgStat stat) => _memcgs[memcg].Stats[(int)stat];

    /// <summary>A counter of a cgroup without those below (memcg_page_state_local); 0 for the root, whose pages and objects name no cgroup.</summary>
    public long OwnStat(int memcg, MemcgStat stat)
    {
        if (memcg <= Root)
            return 0;
        long own = Stat(memcg, stat);
        for (int child = _memcgs[memcg].FirstChild; child != 0; child = _memcgs[child].NextSibling)
            own -= Stat(child, stat);
        return own;
    }

    /// <summary>An event happened in a cgroup (memcg_memory_event).</summary>
    public void Note(int memcg, MemcgEvent happened)
    {
        if (memcg <= Root)
            return;
        _memcgs[memcg].LocalEvents[(int)happened]++;
        for (; memcg > Root; memcg = _memcgs[memcg].Parent)
            _memcgs[memcg].Events[(int)happened]++;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CountUp(int memcg, MemcgStat stat, long amount)
    {
        for (; memcg > Root; memcg = _memcgs[memcg].Parent)
            _memcgs[memcg].Stats[(int)stat] += amount;
    }
}
