using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Cgroups;

/// <content>Writing control files: memory.max, high, low, min, swap.max, swap.high, zswap.max, zswap.writeback, oom.group, reclaim.</content>
public sealed partial class MemCgroups
{
    private const int PageShift = 12;

    /// <summary>Told to empty all CPUs' LRU batches before a last attempt (lru_add_drain_all); wired by the machine.</summary>
    internal Action? DrainLru { get; set; }

    /// <summary>The files that <see cref="Write"/> takes.</summary>
    public static IReadOnlyList<string> Controls { get; } =
        ["memory.max", "memory.high", "memory.low", "memory.min", "memory.swap.max", "memory.swap.high", "memory.zswap.max", "memory.zswap.writeback", "memory.oom.group", "memory.reclaim"];

    /// <summary>Writes a control file of a cgroup on behalf of the running task.</summary>
    /// <param name="memcg">The cgroup; the root has only memory.reclaim and memory.zswap.writeback.</param>
    /// <param name="file">The file's name.</param>
    /// <param name="text">An amount in bytes with K, M, G, T or P after it, or "max"; 0 or 1 for memory.oom.group and memory.zswap.writeback.</param>
    /// <returns>0, or EINVAL, EAGAIN (memory.reclaim got less), ENOENT.</returns>
    public SysResult Write(int memcg, string file, ReadOnlySpan<char> text)
    {
        text = text.Trim();
        ref MemCgroup group = ref _memcgs[memcg];
        if (file == "memory.reclaim")
            return TryParsePages(text, "", out long wanted) ? WriteReclaim(memcg, wanted) : Errno.EINVAL;
        bool isWriteback = file == "memory.zswap.writeback";
        if ((memcg <= Root && !isWriteback) || !Controls.Contains(file) || (isWriteback && !HasZswapWriteback))
            return Errno.ENOENT;
        if (isWriteback || file == "memory.oom.group")
        {
            if (text is not ("0" or "1"))
                return Errno.EINVAL;
            (isWriteback ? ref group.ZswapWriteback : ref group.OomGroup) = text is "1";
            return SysResult.Ok;
        }

        if (!TryParsePages(text, "max", out long pages))
            return Errno.EINVAL;
        switch (file)
        {
            case "memory.max":
                return WriteMax(memcg, pages);
            case "memory.high":
                return WriteHigh(memcg, pages);
            case "memory.low":
                group.Memory.Low = pages;
                PropagateProtectedUsage(memcg);
                break;
            case "memory.min":
                group.Memory.Min = pages;
                PropagateProtectedUsage(memcg);
                break;
            case "memory.swap.high":
                group.Swap.High = pages;
                break;
            case "memory.zswap.max":
                group.ZswapMax = pages;
                break;
            default:
                group.Swap.Limit = pages;
                break;
        }

        return SysResult.Ok;
    }

    /// <summary>Makes a cgroup that a machine begins with, when nothing is charged yet, and sets its limits.</summary>
    /// <exception cref="ArgumentException">There are too many; the message says so, in one line.</exception>
    internal void Configure(CgroupSpec spec)
    {
        int memcg = Root;
        foreach (string name in spec.Path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            int child = FindChild(memcg, name);
            SysResult made = child != 0 ? SysResult.Of((ulong)child) : Create(memcg, name);
            if (made.IsError)
                throw new ArgumentException($"cgroup {spec.Path}: {made.Errno}; at most {PageFrame.MostMemcg - 1} are possible", nameof(spec));
            memcg = (int)made.Raw;
        }

        if (memcg == Root)
            return;
        SetLimits(memcg, spec);
        if (spec.CpusetMems != 0 && WriteCpusetMems(memcg, NodeList.Text(spec.CpusetMems)).IsError)
            throw new ArgumentException($"cgroup {spec.Path}: cpuset.mems {NodeList.Text(spec.CpusetMems)}, but the nodes with memory are {NodeList.Text(NodesWithMemory)}", nameof(spec));
    }

    /// <summary>
    /// Where a program of a name starts on a machine that begins with cgroups: in the one whose path ends in its name, else
    /// in the only one without children when there is just one; else in the root.
    /// </summary>
    /// <param name="comm">The program's name.</param>
    public int HomeOf(string comm)
    {
        int leaf = 0, leaves = 0, named = 0;
        for (int memcg = Next(Root, Root); memcg != 0; memcg = Next(Root, memcg))
        {
            if (!_memcgs[memcg].IsOnline)
                continue;
            if (named == 0 && NameOf(memcg) == comm)
                named = memcg;
            if (_memcgs[memcg].FirstChild != 0)
                continue;
            leaf = memcg;
            leaves++;
        }

        return named != 0 ? named : leaves == 1 ? leaf : Root;
    }

    private void SetLimits(int memcg, CgroupSpec spec)
    {
        ref MemCgroup group = ref _memcgs[memcg];
        group.Memory.Limit = PagesOf(spec.MemoryMax);
        group.Memory.High = PagesOf(spec.MemoryHigh);
        group.Memory.Low = PagesOf(spec.MemoryLow);
        group.Memory.Min = PagesOf(spec.MemoryMin);
        group.Swap.Limit = PagesOf(spec.MemorySwapMax);
        group.Swap.High = PagesOf(spec.MemorySwapHigh);
        group.ZswapMax = PagesOf(spec.MemoryZswapMax);
        group.ZswapWriteback &= spec.MemoryZswapWriteback;
        group.OomGroup = spec.MemoryOomGroup;
        PropagateProtectedUsage(memcg);
    }

    /// <summary>An amount as memory.max and its like show it, bytes; "max" for no limit.</summary>
    public static string TextOf(long pages) =>
        pages >= PageCounter.Max ? "max" : (pages << PageShift).ToString(CultureInfo.InvariantCulture);

    private static long PagesOf(ulong bytes) => (long)Math.Min(bytes >> PageShift, (ulong)PageCounter.Max);

    /// <summary>page_counter_memparse.</summary>
    private static bool TryParsePages(ReadOnlySpan<char> text, string max, out long pages)
    {
        pages = PageCounter.Max;
        if (max.Length > 0 && text.SequenceEqual(max))
            return true;
        int shift = 0;
        if (text.Length > 0)
        {
            shift = char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, 'P' => 50, 'E' => 60, _ => 0 };
            if (shift != 0)
                text = text[..^1];
        }

        if (!ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value))
            return false;
        UInt128 bytes = (UInt128)value << shift;
        pages = (long)UInt128.Min(bytes >> PageShift, (UInt128)PageCounter.Max);
        return true;
    }

    /// <summary>memory_max_write: what is above the new limit is reclaimed, and if that does not do it, tasks are killed.</summary>
    private SysResult WriteMax(int memcg, long limit)
    {
        _memcgs[memcg].Memory.Limit = limit;
        if (Pressure is not { } pressure)
            return SysResult.Ok;
        int retries = MostRetries;
        bool drained = false;
        while (_memcgs[memcg].Memory.Usage > limit && !pressure.IsDying)
        {
            if (!drained)
            {
                DrainStocks(memcg);
                drained = true;
            }
            else if (retries > 0)
            {
                if (pressure.Reclaim(memcg, _memcgs[memcg].Memory.Usage - limit, Gfp.Kernel, maySwap: true) == 0)
                    retries--;
            }
            else
            {
                Note(memcg, MemcgEvent.Oom);
                if (!pressure.OutOfMemory(memcg, Gfp.Kernel, 0))
                    break;
                pressure.Sleep(0);
            }
        }

        return SysResult.Ok;
    }

    /// <summary>memory_high_write.</summary>
    private SysResult WriteHigh(int memcg, long high)
    {
        _memcgs[memcg].Memory.High = high;
        if (Pressure is not { } pressure)
            return SysResult.Ok;
        int retries = MostRetries;
        bool drained = false;
        while (_memcgs[memcg].Memory.Usage > high && !pressure.IsDying)
        {
            if (!drained)
            {
                DrainStocks(memcg);
                drained = true;
            }
            else if (pressure.Reclaim(memcg, _memcgs[memcg].Memory.Usage - high, Gfp.Kernel, maySwap: true) == 0 && retries-- <= 0)
            {
                break;
            }
        }

        return SysResult.Ok;
    }

    /// <summary>memory_reclaim.</summary>
    private SysResult WriteReclaim(int memcg, long wanted)
    {
        if (Pressure is not { } pressure)
            return Errno.EAGAIN;
        int retries = MostRetries;
        for (long done = 0; done < wanted;)
        {
            if (retries == 0)
                DrainLru?.Invoke();
            long reclaimed = pressure.Reclaim(memcg, wanted - done, Gfp.Kernel, maySwap: true);
            if (reclaimed == 0 && retries-- <= 0)
                return Errno.EAGAIN;
            done += reclaimed;
        }

        return SysResult.Ok;
    }
}
