namespace Pagewise.Kernel.Cgroups;

/// <content>What memory.min and memory.low keep from reclaim (mem_cgroup_calculate_protection, effective_protection; 6.1).</content>
public sealed partial class MemCgroups
{
    /// <summary>
    /// Works out how much of a cgroup is protected against a reclaim of a subtree; called for parents first. Siblings
    /// whose claims together exceed their parent's share it in proportion to what they use of their own.
    /// </summary>
    /// <param name="top">The subtree that is reclaimed: its own protection does not count, being against its siblings.</param>
    /// <param name="memcg">The cgroup.</param>
    public void CalculateProtection(int top, int memcg)
    {
        top = Math.Max(top, Root);
        if (memcg == top || memcg == Root)
            return;
        ref MemCgroup group = ref _memcgs[memcg];
        long usage = group.Memory.Usage;
        if (usage == 0)
            return;
        int parent = group.Parent;
        if (parent == top)
        {
            group.Memory.EffectiveMin = group.Memory.Min;
            group.Memory.EffectiveLow = group.Memory.Low;
            return;
        }

        ref PageCounter above = ref _memcgs[parent].Memory;
        group.Memory.EffectiveMin = EffectiveProtection(usage, group.Memory.Min, above.EffectiveMin, above.ChildrenMinUsage);
        group.Memory.EffectiveLow = EffectiveProtection(usage, group.Memory.Low, above.EffectiveLow, above.ChildrenLowUsage);
    }

    /// <summary>Whether all that a cgroup uses is protected absolutely (mem_cgroup_below_min).</summary>
    public bool IsBelowMin(int top, int memcg) => IsProtectable(top, memcg) && _memcgs[memcg].Memory.EffectiveMin >= _memcgs[memcg].Memory.Usage;

    /// <summary>Whether all that a cgroup uses is protected while others have something (mem_cgroup_below_low).</summary>
    public bool IsBelowLow(int top, int memcg) => IsProtectable(top, memcg) && _memcgs[memcg].Memory.EffectiveLow >= _memcgs[memcg].Memory.Usage;

    /// <summary>Pages of a cgroup that are protected against a reclaim of a subtree (mem_cgroup_protection).</summary>
    public (long Min, long Low) Protection(int top, int memcg) =>
        memcg <= Root || memcg == top ? default : (_memcgs[memcg].Memory.EffectiveMin, _memcgs[memcg].Memory.EffectiveLow);

    /// <summary>Slots of swap that a cgroup may still use (mem_cgroup_get_nr_swap_pages).</summary>
    /// <param name="memcg">The cgroup; 0 and the root have no limit.</param>
    /// <param name="left">Free slots of the machine.</param>
    public long SwapPagesLeft(int memcg, long left)
    {
        for (; memcg > Root; memcg = _memcgs[memcg].Parent)
            left = Math.Min(left, _memcgs[memcg].Swap.Limit - _memcgs[memcg].Swap.Usage);
        return left;
    }

    /// <summary>effective_protection without memory_recursiveprot.</summary>
    private static long EffectiveProtection(long usage, long setting, long parentEffective, long siblingsProtected)
    {
        long isProtected = Math.Min(usage, setting);
        // More is claimed than there is: everyone gets a part of it.
        return siblingsProtected > parentEffective
            ? (long)((Int128)parentEffective * isProtected / siblingsProtected)
            : isProtected;
    }

    private bool IsProtectable(int top, int memcg) => memcg > Root && memcg != Math.Max(top, Root);
}
