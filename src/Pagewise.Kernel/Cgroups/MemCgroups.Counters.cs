namespace Pagewise.Kernel.Cgroups;

/// <content>The counters of the hierarchy (mm/page_counter.c): what a cgroup uses, all above it use too.</content>
public sealed partial class MemCgroups
{
    /// <summary>Charges memory if no cgroup from here up is at its limit (page_counter_try_charge).</summary>
    /// <returns>0: charged; else the cgroup whose limit refused, and nothing is charged.</returns>
    private int TryChargeMemory(int memcg, long pages)
    {
        for (int at = memcg; at != 0; at = _memcgs[at].Parent)
        {
            ref PageCounter counter = ref _memcgs[at].Memory;
            if (counter.Usage + pages > counter.Limit)
            {
                counter.FailCount++;
                for (int charged = memcg; charged != at; charged = _memcgs[charged].Parent)
                    AddMemory(charged, -pages);
                return at;
            }

            AddMemory(at, pages);
            counter.Watermark = Math.Max(counter.Watermark, counter.Usage);
        }

        return 0;
    }

    /// <summary>Charges memory whatever the limits (page_counter_charge).</summary>
    private void ChargeMemory(int memcg, long pages)
    {
        for (; memcg != 0; memcg = _memcgs[memcg].Parent)
        {
            AddMemory(memcg, pages);
            ref PageCounter counter = ref _memcgs[memcg].Memory;
            counter.Watermark = Math.Max(counter.Watermark, counter.Usage);
        }
    }

    /// <summary>page_counter_uncharge.</summary>
    private void UnchargeMemory(int memcg, long pages)
    {
        for (; memcg != 0; memcg = _memcgs[memcg].Parent)
            AddMemory(memcg, -pages);
    }

    private void AddMemory(int memcg, long pages)
    {
        _memcgs[memcg].Memory.Usage += pages;
        PropagateProtectedUsage(memcg);
    }

    /// <summary>The parent knows how much of what it may protect its children use (propagate_protected_usage).</summary>
    private void PropagateProtectedUsage(int memcg)
    {
        int parent = _memcgs[memcg].Parent;
        if (parent == 0)
            return;
        ref PageCounter counter = ref _memcgs[memcg].Memory;
        ref PageCounter above = ref _memcgs[parent].Memory;
        long min = Math.Min(counter.Usage, counter.Min);
        above.ChildrenMinUsage += min - counter.MinUsage;
        counter.MinUsage = min;
        long low = Math.Min(counter.Usage, counter.Low);
        above.ChildrenLowUsage += low - counter.LowUsage;
        counter.LowUsage = low;
    }

    /// <summary>Pages that may still be charged here, whatever limits stand above (mem_cgroup_margin).</summary>
    private long MarginOf(int memcg) => Math.Max(0, _memcgs[memcg].Memory.Limit - _memcgs[memcg].Memory.Usage);
}
