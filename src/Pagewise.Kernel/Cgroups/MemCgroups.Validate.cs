namespace Pagewise.Kernel.Cgroups;

public sealed partial class MemCgroups
{
    /// <summary>
    /// Compares the counters of each cgroup with what the frames, the stocks and the children say. For tests.
    /// </summary>
    /// <exception cref="InvalidOperationException">They disagree; the message says where.</exception>
    public void Validate()
    {
        long[] pages = new long[HighWater];
        for (uint pfn = 1; pfn < _memMap!.Count; pfn++)
        {
            Frames.PageFrame frame = _memMap[pfn];
            if (frame.Memcg == 0)
                continue;
            if (!Exists(frame.Memcg) || (frame.Flags & Frames.PageFlags.Allocated) == 0)
                throw new InvalidOperationException($"frame {pfn:x} ({frame.Flags}) is charged to cgroup {frame.Memcg}");
            // Kernel pages are in the count of all kernel memory below.
            if ((frame.Flags & (Frames.PageFlags.Table | Frames.PageFlags.KernelStack)) == 0)
                AddUp(pages, frame.Memcg, (frame.Flags & Frames.PageFlags.Head) != 0 ? Frames.HugePage.Frames : 1);
        }

        foreach (MemcgStock stock in _stocks)
        {
            if (stock.Memcg != 0)
                AddUp(pages, stock.Memcg, stock.Pages);
        }

        for (int memcg = Next(0, 0); memcg != 0; memcg = Next(0, memcg))
        {
            ref MemCgroup group = ref _memcgs[memcg];
            if (memcg == Root || !group.IsOnline)
                continue;
            long counted = pages[memcg] + group.Stats[(int)MemcgStat.Kernel];
            if (counted != group.Memory.Usage)
                throw new InvalidOperationException($"{PathOf(memcg)} has {counted} pages, its counter says {group.Memory.Usage}");
            if (group.Memory.ChildrenMinUsage < 0 || group.Memory.ChildrenLowUsage < 0 || group.Swap.Usage < 0)
                throw new InvalidOperationException($"{PathOf(memcg)} has a counter below 0");
        }
    }

    private void AddUp(long[] pages, int memcg, long amount)
    {
        for (; memcg > Root; memcg = _memcgs[memcg].Parent)
            pages[memcg] += amount;
    }
}
