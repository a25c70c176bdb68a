using System.Runtime.CompilerServices;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Cgroups;

/// <content>Charging (try_charge_memcg) with the CPUs' stocks, and what happens above memory.max and memory.high.</content>
public sealed partial class MemCgroups
{
    /// <summary>Pages charged at once, what is left over goes into the CPU's stock (MEMCG_CHARGE_BATCH).</summary>
    public const long ChargeBatch = 64;

    private const int MostRetries = 16;
    private const int CostlyOrder = 3;

    private MemcgStock[] _stocks = new MemcgStock[1];
    private long _pagesOverHigh;
    private bool _isHandlingHigh;

    /// <summary>Who reclaims and kills; null: no one, and a charge above a limit fails.</summary>
    internal IMemcgPressure? Pressure { get; set; }

    /// <summary>The cgroup of the running task, which pays for what it takes; the root for none.</summary>
    public int Current { get; set; } = Root;

    /// <summary>The CPU that runs.</summary>
    public int CurrentCpu { get; set; }

    /// <summary>Gives every CPU a stock.</summary>
    internal void HaveCpus(int count) => _stocks = new MemcgStock[count];

    /// <summary>Charges pages to a cgroup, after reclaim and kills if need be (try_charge_memcg). The root is never charged.</summary>
    /// <param name="memcg">The cgroup.</param>
    /// <param name="gfp">How hard to try.</param>
    /// <param name="pages">1 or more.</param>
    /// <returns>False when the limit holds: the allocation fails.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryCharge(int memcg, Gfp gfp, long pages)
    {
        if (memcg <= Root)
            return true;
        ref MemcgStock stock = ref _stocks[CurrentCpu];
        if (stock.Memcg != memcg || stock.Pages < pages)
            return TryChargeSlow(memcg, gfp, pages);
        stock.Pages -= pages;
        return true;
    }

    /// <summary>Takes pages off a cgroup's counters (page_counter_uncharge).</summary>
    public void Uncharge(int memcg, long pages)
    {
        if (memcg > Root)
            UnchargeMemory(memcg, pages);
    }

    /// <summary>
    /// Back to user mode with pages charged above memory.high: the task reclaims them, and if that does not help it sleeps
    /// the longer the further it is above (mem_cgroup_handle_over_high).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void HandleOverHigh()
    {
        if (_pagesOverHigh != 0)
            HandleOverHighSlow();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryChargeSlow(int memcg, Gfp gfp, long pages)
    {
        long batch = Math.Max(ChargeBatch, pages);
        int retries = MostRetries;
        bool drained = false, passedOom = false;
        while (true)
        {
            if (ConsumeStock(memcg, pages))
                return true;
            int overLimit = TryChargeMemory(memcg, batch);
            if (overLimit == 0)
            {
                if (batch > pages)
                    RefillStock(memcg, batch - pages);
                NoteOverHigh(memcg, gfp, batch);
                return true;
            }

            if (batch > pages)
            {
                batch = pages;
                continue;
            }

            if (Pressure is not { } pressure)
                return false;
            // Reclaim itself, and who cannot wait but must have it, go above the limit.
            if (pressure.IsReclaiming)
                return Force(memcg, overLimit, pages, isNoted: false);
            if ((gfp & Gfp.DirectReclaim) == 0)
                return (gfp & (Gfp.NoFail | Gfp.High)) != 0 && Force(memcg, overLimit, pages, isNoted: false);
            Note(overLimit, MemcgEvent.Max);
            _psi?.MemstallEnter();
            long reclaimed = pressure.Reclaim(overLimit, pages, gfp, maySwap: true);
            _psi?.MemstallLeave();
            if (MarginOf(overLimit) >= pages)
                continue;
            if (!drained)
            {
                DrainStocks(overLimit);
                drained = true;
                continue;
            }

            if ((gfp & Gfp.NoRetry) == 0)
            {
                if ((reclaimed != 0 && pages <= 1 << CostlyOrder) || retries-- > 0)
                    continue;
                if ((gfp & Gfp.RetryMayFail) == 0 && !(passedOom && pressure.IsDying) && OutOfMemory(overLimit, gfp, pages))
                {
                    passedOom = true;
                    retries = MostRetries;
                    continue;
                }
            }

            return (gfp & (Gfp.NoFail | Gfp.High)) != 0 && Force(memcg, overLimit, pages, isNoted: true);
        }
    }

    private bool Force(int memcg, int overLimit, long pages, bool isNoted)
    {
        if (!isNoted)
            Note(overLimit, MemcgEvent.Max);
        ChargeMemory(memcg, pages);
        return true;
    }

    /// <summary>mem_cgroup_oom: nothing is killed for large blocks.</summary>
    private bool OutOfMemory(int memcg, Gfp gfp, long pages)
    {
        int order = System.Numerics.BitOperations.Log2((ulong)Math.Max(1, pages - 1)) + (pages > 1 ? 1 : 0);
        if (order > CostlyOrder)
            return false;
        Note(memcg, MemcgEvent.Oom);
        return Pressure!.OutOfMemory(memcg, gfp, order);
    }

    /// <summary>consume_stock.</summary>
    private bool ConsumeStock(int memcg, long pages)
    {
        ref MemcgStock stock = ref _stocks[CurrentCpu];
        if (stock.Memcg != memcg || stock.Pages < pages)
            return false;
        stock.Pages -= pages;
        return true;
    }

    /// <summary>Puts charged pages into the CPU's stock; what another cgroup had there is given back (refill_stock).</summary>
    private void RefillStock(int memcg, long pages)
    {
        ref MemcgStock stock = ref _stocks[CurrentCpu];
        if (stock.Memcg != memcg)
        {
            // The last of a removed cgroup may go with it, whose own goes into the stock.
            while (stock.Memcg != 0 && stock.Memcg != memcg)
                DrainStock(ref stock);
        }

        if (stock.Memcg == 0)
        {
            stock.Memcg = memcg;
            Get(memcg, 1);
        }

        stock.Pages += pages;
        if (stock.Pages > ChargeBatch)
            DrainStock(ref stock);
    }

    /// <summary>drain_stock.</summary>
    private void DrainStock(ref MemcgStock stock)
    {
        int memcg = stock.Memcg;
        if (memcg == 0)
            return;
        long pages = stock.Pages;
        stock.Pages = 0;
        stock.Memcg = 0;
        UnchargeMemory(memcg, pages);
        Put(memcg, 1);
    }

    /// <summary>All CPUs give back what they have in stock for a cgroup or those below it (drain_all_stock).</summary>
    private void DrainStocks(int top)
    {
        for (int cpu = 0; cpu < _stocks.Length; cpu++)
        {
            ref MemcgStock stock = ref _stocks[cpu];
            if (stock.ObjectMemcg != 0 && IsDescendant(stock.ObjectMemcg, top))
                DrainObjectStock(ref stock);
            if (stock.Memcg != 0 && IsDescendant(stock.Memcg, top))
                DrainStock(ref stock);
        }
    }

    private void NoteOverHigh(int memcg, Gfp gfp, long batch)
    {
        for (; memcg > Root; memcg = _memcgs[memcg].Parent)
        {
            ref MemCgroup group = ref _memcgs[memcg];
            if (group.Memory.Usage <= group.Memory.High && group.Swap.Usage <= group.Swap.High)
                continue;
            _pagesOverHigh += batch;
            break;
        }

        if (_pagesOverHigh > ChargeBatch && Pressure is { IsReclaiming: false } && (gfp & Gfp.DirectReclaim) != 0)
            HandleOverHighSlow();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HandleOverHighSlow()
    {
        long pages = _pagesOverHigh;
        _pagesOverHigh = 0;
        if (Pressure is not { } pressure || pressure.IsReclaiming || _isHandlingHigh)
            return;
        _isHandlingHigh = true;
        int memcg = Current;
        int retries = MostRetries;
        long wanted = pages;
        while (true)
        {
            long reclaimed = ReclaimHigh(memcg, wanted);
            long delay = Math.Min(HighDelayJiffies(pages, MemoryOverage(memcg)) + HighDelayJiffies(pages, SwapOverage(memcg)), LongestDelayJiffies);
            if (delay <= ShortestDelayJiffies)
                break;
            // While reclaim gets somewhere, it rather than sleep.
            if (reclaimed != 0 || retries-- > 0)
            {
                wanted = ScanBatch;
                continue;
            }

            if (pressure.IsDying)
                break;
            _psi?.MemstallEnter();
            pressure.Sleep(delay);
            _psi?.MemstallLeave();
            break;
        }

        _isHandlingHigh = false;
    }

    private const long ScanBatch = 32;
    private const long TicksPerSecond = 250;
    private const long ShortestDelayJiffies = TicksPerSecond / 100;
    private const long LongestDelayJiffies = 2 * TicksPerSecond;

    private long ReclaimHigh(int memcg, long pages)
    {
        long reclaimed = 0;
        for (; memcg > Root; memcg = _memcgs[memcg].Parent)
        {
            if (_memcgs[memcg].Memory.Usage <= _memcgs[memcg].Memory.High)
                continue;
            Note(memcg, MemcgEvent.High);
            _psi?.MemstallEnter();
            reclaimed += Pressure!.Reclaim(memcg, pages, Gfp.Kernel, maySwap: true);
            _psi?.MemstallLeave();
        }

        return reclaimed;
    }

    /// <summary>The part by which the worst cgroup is above memory.high, in 2^-20 (mem_find_max_overage).</summary>
    private long MemoryOverage(int memcg)
    {
        long worst = 0;
        for (; memcg > Root; memcg = _memcgs[memcg].Parent)
            worst = Math.Max(worst, Overage(in _memcgs[memcg].Memory));
        return worst;
    }

    /// <summary>The same of memory.swap.high; each that is above counts it (swap_find_max_overage).</summary>
    private long SwapOverage(int memcg)
    {
        long worst = 0;
        for (; memcg > Root; memcg = _memcgs[memcg].Parent)
        {
            long overage = Overage(in _memcgs[memcg].Swap);
            if (overage != 0)
                Note(memcg, MemcgEvent.SwapHigh);
            worst = Math.Max(worst, overage);
        }

        return worst;
    }

    /// <summary>calculate_overage.</summary>
    private static long Overage(in PageCounter counter)
    {
        const int precisionShift = 20;
        return counter.Usage <= counter.High ? 0 : (long)(((Int128)(counter.Usage - counter.High) << precisionShift) / Math.Max(counter.High, 1));
    }

    /// <summary>How long a charge of so many pages has to wait: with the square of the overage (calculate_high_delay).</summary>
    private static long HighDelayJiffies(long pages, long overage)
    {
        const int precisionShift = 20, scalingShift = 14;
        var penalty = (Int128)overage * overage * TicksPerSecond >> (precisionShift + scalingShift);
        return (long)Int128.Min(penalty * pages / ChargeBatch, LongestDelayJiffies);
    }
}
