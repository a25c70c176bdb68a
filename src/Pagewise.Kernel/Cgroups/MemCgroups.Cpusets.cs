using System.Runtime.CompilerServices;
using Pagewise.Abi;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Cgroups;

/// <content>
/// The nodes that tasks of a cgroup may take memory from (cpuset.mems, kernel/cgroup/cpuset.c). The controller counts as enabled
/// in the cgroups that have a cpuset.mems of their own.
/// </content>
public sealed partial class MemCgroups
{
    /// <summary>Nodes with memory, a bit each (node_states[N_MEMORY]); wired by the machine.</summary>
    internal ulong NodesWithMemory { get; set; } = ulong.MaxValue;

    /// <summary>Told when effective nodes of cgroups may have changed; wired by the machine.</summary>
    internal Action? MemsChanged { get; set; }

    /// <summary>The nodes that a cgroup's tasks may use, a bit each (cpuset.mems.effective); all bits: whatever there is. 0 counts as the root.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong EffectiveMems(int memcg)
    {
        ulong mems = _memcgs[Math.Max(memcg, Root)].EffectiveMems;
        return mems == 0 ? ulong.MaxValue : mems;
    }

    /// <summary>The cpuset of a cgroup's tasks: itself or the nearest above with a cpuset.mems; else the root.</summary>
    public int CpusetOf(int memcg)
    {
        while (memcg > Root && _memcgs[memcg].CpusetMems == 0)
            memcg = _memcgs[memcg].Parent;
        return Math.Max(memcg, Root);
    }

    /// <summary>Writes cpuset.mems. Pages that are there stay where they are, which Linux moves.</summary>
    /// <param name="memcg">A cgroup below the root.</param>
    /// <param name="text">Nodes, such as <c>0-1,3</c>; empty: those of the cgroup above.</param>
    /// <returns>0, EINVAL (no such list, or a node without memory), or ENOENT for the root.</returns>
    public SysResult WriteCpusetMems(int memcg, ReadOnlySpan<char> text)
    {
        if (memcg <= Root)
            return Errno.ENOENT;
        if (!NodeList.TryParse(text, out ulong nodes) || (nodes & ~NodesWithMemory) != 0)
            return Errno.EINVAL;
        _memcgs[memcg].CpusetMems = nodes;
        for (int below = memcg; below != 0; below = Next(memcg, below))
            InheritMems(below);
        MemsChanged?.Invoke();
        return SysResult.Ok;
    }

    /// <summary>What is configured, as far as the cgroup above may use it; if that is nothing, all that it may use.</summary>
    private void InheritMems(int memcg)
    {
        ulong above = EffectiveMems(_memcgs[memcg].Parent);
        ulong own = _memcgs[memcg].CpusetMems & above;
        _memcgs[memcg].EffectiveMems = own != 0 ? own : above;
    }
}
