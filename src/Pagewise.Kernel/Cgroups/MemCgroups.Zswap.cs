using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Cgroups;

/// <content>What zswap keeps: charged by the byte to who pays for the page, like a kernel object (obj_cgroup_charge_zswap).</content>
public sealed partial class MemCgroups
{
    private bool _writebackHeedsAncestors;

    /// <summary>zswap; null: it is off.</summary>
    internal IZswapLists? Zswap { get; set; }

    /// <summary>Whether there is a memory.zswap.writeback (6.8), and zswpwb in memory.stat.</summary>
    public bool HasZswapWriteback { get; private set; }

    /// <summary>What the release does, wired by the machine.</summary>
    /// <param name="hasWriteback">6.8: memory.zswap.writeback.</param>
    /// <param name="heedsAncestors">6.11: it holds for all below.</param>
    internal void HaveZswapWriteback(bool hasWriteback, bool heedsAncestors) => (HasZswapWriteback, _writebackHeedsAncestors) = (hasWriteback, heedsAncestors);

    /// <summary>Who pays when zswap keeps a page: its cgroup, or when that is removed the nearest above that is not (get_obj_cgroup_from_page).</summary>
    /// <returns>0: nobody.</returns>
    internal int ZswapPayer(uint pfn)
    {
        int memcg = HeirOf(_memMap![pfn].Memcg);
        return memcg > Root ? memcg : 0;
    }

    /// <summary>The cgroup in whose list a kept page stands; the root for none.</summary>
    internal int ZswapListOf(int memcg) => Math.Max(HeirOf(memcg), Root);

    /// <summary>Whether zswap may keep another page of a cgroup: none from here up is at its memory.zswap.max (obj_cgroup_may_zswap).</summary>
    internal bool MayZswap(int memcg)
    {
        for (; memcg > Root; memcg = _memcgs[memcg].Parent)
        {
            ref MemCgroup group = ref _memcgs[memcg];
            if (group.ZswapMax != PageCounter.Max && group.Stats[(int)MemcgStat.ZswapBytes] / PageBytes >= group.ZswapMax)
                return false;
        }

        return true;
    }

    /// <summary>Whether a cgroup's pages may be written to swap while zswap is on (mem_cgroup_zswap_writeback_enabled).</summary>
    /// <param name="memcg">The cgroup; 0 counts as the root.</param>
    public bool MayWriteBackZswap(int memcg)
    {
        if (!HasZswapWriteback)
            return true;
        memcg = Math.Max(memcg, Root);
        if (!_writebackHeedsAncestors)
            return _memcgs[memcg].ZswapWriteback;
        for (; memcg != 0; memcg = _memcgs[memcg].Parent)
        {
            if (!_memcgs[memcg].ZswapWriteback)
                return false;
        }

        return true;
    }

    /// <summary>Charges a page that zswap has taken. It never fails: who reclaims goes above limits.</summary>
    /// <param name="memcg">What <see cref="ZswapPayer"/> said.</param>
    /// <param name="bytes">Its compressed length; 0 for a page of one repeated word.</param>
    internal void ChargeZswap(int memcg, int bytes)
    {
        if (memcg == 0)
            return;
        _ = ChargeBytes(memcg, Gfp.NoFail, bytes);
        Get(memcg, 1);
        CountUp(memcg, MemcgStat.ZswapBytes, bytes);
        CountUp(memcg, MemcgStat.Zswapped, 1);
        CountUp(memcg, MemcgStat.ZswpOut, 1);
    }

    /// <summary>zswap keeps a page no longer (obj_cgroup_uncharge_zswap).</summary>
    internal void UnchargeZswap(int memcg, int bytes)
    {
        if (memcg == 0)
            return;
        CountUp(memcg, MemcgStat.ZswapBytes, -bytes);
        CountUp(memcg, MemcgStat.Zswapped, -1);
        UnchargeBytes(memcg, bytes);
        Put(memcg, 1);
    }

    private void InheritZswap(int memcg, int parent)
    {
        if (!_writebackHeedsAncestors)
            _memcgs[memcg].ZswapWriteback = _memcgs[parent].ZswapWriteback;
    }
}
