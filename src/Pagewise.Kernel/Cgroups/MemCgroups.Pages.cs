using System.Runtime.CompilerServices;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Cgroups;

/// <content>Frames, kernel pages and slots of swap that a cgroup pays for.</content>
public sealed partial class MemCgroups
{
    private MemMap? _memMap;

    /// <summary>The frames, wired by the machine.</summary>
    internal void HaveFrames(MemMap memMap) => _memMap = memMap;

    /// <summary>Lets the running task's cgroup pay for a new page of a program or a file (mem_cgroup_charge).</summary>
    /// <param name="pfn">The frame; of a huge page, its first.</param>
    /// <param name="gfp">How hard to try.</param>
    /// <param name="pages">1, or 512 for a huge page.</param>
    /// <returns>False when its limit holds.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool ChargeFrame(uint pfn, Gfp gfp, long pages = 1) => Current <= Root || ChargeFrameTo(Current, pfn, gfp, pages);

    /// <summary>Lets a page that comes from swap be paid for by who paid for its slot, if that cgroup is still there (mem_cgroup_swapin_charge_page).</summary>
    /// <param name="pfn">The frame.</param>
    /// <param name="slotMemcg">Who pays for the slot; 0: none.</param>
    /// <param name="gfp">How hard to try.</param>
    public bool ChargeSwapin(uint pfn, int slotMemcg, Gfp gfp) =>
        ChargeFrameTo(slotMemcg > Root && _memcgs[slotMemcg].IsOnline ? slotMemcg : Current, pfn, gfp, 1);

    /// <summary>Lets the running task's cgroup pay for a kernel page: a page table, a page of a kernel stack (__memcg_kmem_charge_page).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool ChargeKernelFrame(uint pfn, Gfp gfp) => Current <= Root || ChargeKernelFrameTo(Current, pfn, gfp);

    /// <summary>A kernel page that outlives who had it is paid for no longer (memcg_kmem_uncharge_page).</summary>
    public void UnchargeKernelFrame(uint pfn)
    {
        int memcg = _memMap![pfn].Memcg;
        if (memcg == 0)
            return;
        CountUp(memcg, MemcgStat.Kernel, -1);
        int heir = HeirOf(memcg);
        if (heir > Root)
            RefillStock(heir, 1);
        else
            UnchargeMemory(Root, 1);
        _memMap[pfn].Memcg = 0;
        Put(memcg, 1);
    }

    /// <inheritdoc/>
    void IFrameCharges.Uncharge(uint pfn, long pages)
    {
        ref PageFrame frame = ref _memMap![pfn];
        int memcg = frame.Memcg;
        bool isKernel = (frame.Flags & (PageFlags.Table | PageFlags.KernelStack)) != 0;
        if (isKernel)
            CountUp(memcg, MemcgStat.Kernel, -1);
        UnchargeMemory(isKernel ? HeirOf(memcg) : memcg, pages);
        Put(memcg, pages);
    }

    /// <summary>Charges a slot of swap to who pays for the page that goes there (mem_cgroup_try_charge_swap).</summary>
    /// <param name="pfn">The page.</param>
    /// <param name="memcg">Who pays; 0: the root.</param>
    /// <returns>False when memory.swap.max holds.</returns>
    public bool ChargeSlot(uint pfn, out int memcg)
    {
        memcg = _memMap![pfn].Memcg;
        while (memcg > Root && !_memcgs[memcg].IsOnline)
            memcg = _memcgs[memcg].Parent;
        if (memcg <= Root)
        {
            memcg = 0;
            return true;
        }

        for (int at = memcg; at > Root; at = _memcgs[at].Parent)
        {
            if (_memcgs[at].Swap.Usage + 1 <= _memcgs[at].Swap.Limit)
                continue;
            _memcgs[at].Swap.FailCount++;
            Note(memcg, MemcgEvent.SwapMax);
            Note(memcg, MemcgEvent.SwapFail);
            return false;
        }

        for (int at = memcg; at > Root; at = _memcgs[at].Parent)
        {
            _memcgs[at].Swap.Usage++;
            _memcgs[at].Swap.Watermark = Math.Max(_memcgs[at].Swap.Watermark, _memcgs[at].Swap.Usage);
        }

        Get(memcg, 1);
        return true;
    }

    /// <summary>A slot is free again (mem_cgroup_uncharge_swap).</summary>
    public void UnchargeSlot(int memcg)
    {
        if (memcg <= Root)
            return;
        for (int at = memcg; at > Root; at = _memcgs[at].Parent)
            _memcgs[at].Swap.Usage--;
        Put(memcg, 1);
    }

    /// <summary>
    /// Whether a cgroup, or one above it, uses half of the swap that it may have, so that pages in memory should not keep
    /// their slots (mem_cgroup_swap_full).
    /// </summary>
    public bool IsSwapFull(int memcg)
    {
        for (; memcg > Root; memcg = _memcgs[memcg].Parent)
        {
            ref PageCounter swap = ref _memcgs[memcg].Swap;
            if (swap.Usage * 2 >= Math.Min(swap.High, swap.Limit))
                return true;
        }

        return false;
    }

    /// <summary>A page takes another's place, with who pays for it (mem_cgroup_migrate, split_page_memcg).</summary>
    /// <param name="from">The frame that is paid for.</param>
    /// <param name="to">The frame that stands for it now.</param>
    public void Move(uint from, uint to)
    {
        _memMap![to].Memcg = _memMap[from].Memcg;
        _memMap[from].Memcg = 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ChargeFrameTo(int memcg, uint pfn, Gfp gfp, long pages)
    {
        if (memcg <= Root)
            return true;
        if (!TryCharge(memcg, gfp, pages))
            return false;
        _memMap![pfn].Memcg = memcg;
        Get(memcg, pages);
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ChargeKernelFrameTo(int memcg, uint pfn, Gfp gfp)
    {
        if (!ChargeFrameTo(memcg, pfn, gfp, 1))
            return false;
        CountUp(memcg, MemcgStat.Kernel, 1);
        return true;
    }
}
