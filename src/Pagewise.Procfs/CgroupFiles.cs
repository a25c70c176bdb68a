using System.Globalization;
using System.Text;
using Pagewise.Kernel;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Procfs;

/// <summary>
/// The files of a memory cgroup as its directory shows them (memory.stat, memory.events and their like; cgroup v2, 6.1).
/// Memory of sockets and of vmalloc is not modelled: those lines are left out of memory.stat.
/// </summary>
public static class CgroupFiles
{
    private const long PageBytes = 4096;

    private static readonly (string Key, MemcgStat Stat, long Unit)[] States =
    [
        ("anon", MemcgStat.Anon, PageBytes), ("file", MemcgStat.File, PageBytes), ("kernel", MemcgStat.Kernel, PageBytes),
        ("kernel_stack", MemcgStat.KernelStackBytes, 1), ("pagetables", MemcgStat.Pagetables, PageBytes),
        ("percpu", MemcgStat.PercpuBytes, 1), ("shmem", MemcgStat.Shmem, PageBytes),
        ("zswap", MemcgStat.ZswapBytes, 1), ("zswapped", MemcgStat.Zswapped, PageBytes), ("file_mapped", MemcgStat.FileMapped, PageBytes),
        ("file_dirty", MemcgStat.FileDirty, PageBytes), ("file_writeback", MemcgStat.FileWriteback, PageBytes),
        ("swapcached", MemcgStat.SwapCached, PageBytes), ("anon_thp", MemcgStat.AnonThp, PageBytes),
    ];

    private static readonly (string Key, LruList List)[] Lists =
    [
        ("inactive_anon", LruList.InactiveAnon), ("active_anon", LruList.ActiveAnon), ("inactive_file", LruList.InactiveFile),
        ("active_file", LruList.ActiveFile), ("unevictable", LruList.Unevictable),
    ];

    private static readonly (string Key, MemcgStat Stat)[] Happened =
    [
        ("workingset_refault_anon", MemcgStat.WorkingsetRefaultAnon), ("workingset_refault_file", MemcgStat.WorkingsetRefaultFile),
        ("workingset_activate_anon", MemcgStat.WorkingsetActivateAnon), ("workingset_activate_file", MemcgStat.WorkingsetActivateFile),
        ("workingset_restore_anon", MemcgStat.WorkingsetRestoreAnon), ("workingset_restore_file", MemcgStat.WorkingsetRestoreFile),
        ("workingset_nodereclaim", MemcgStat.WorkingsetNodeReclaim), ("pgscan_kswapd", MemcgStat.PgScanKswapd),
        ("pgscan_direct", MemcgStat.PgScanDirect), ("pgsteal_kswapd", MemcgStat.PgStealKswapd), ("pgsteal_direct", MemcgStat.PgStealDirect),
        ("pgfault", MemcgStat.PgFault), ("pgmajfault", MemcgStat.PgMajFault), ("pgrefill", MemcgStat.PgRefill),
        ("pgactivate", MemcgStat.PgActivate), ("pgdeactivate", MemcgStat.PgDeactivate), ("pglazyfree", MemcgStat.PgLazyFree),
        ("pglazyfreed", MemcgStat.PgLazyFreed), ("zswpin", MemcgStat.ZswpIn), ("zswpout", MemcgStat.ZswpOut),
        ("zswpwb", MemcgStat.ZswpWb), ("thp_fault_alloc", MemcgStat.ThpFaultAlloc), ("thp_collapse_alloc", MemcgStat.ThpCollapseAlloc),
    ];

    private static readonly (string Key, MemcgEvent Event)[] Events =
    [
        ("low", MemcgEvent.Low), ("high", MemcgEvent.High), ("max", MemcgEvent.Max), ("oom", MemcgEvent.Oom),
        ("oom_kill", MemcgEvent.OomKill), ("oom_group_kill", MemcgEvent.OomGroupKill),
    ];

    private static readonly (string Key, MemcgEvent Event)[] SwapEvents =
        [("high", MemcgEvent.SwapHigh), ("max", MemcgEvent.SwapMax), ("fail", MemcgEvent.SwapFail)];

    /// <summary>The names of the files that <see cref="Text"/> writes for a cgroup; the root has memory.pressure and cgroup.stat alone.</summary>
    public static IReadOnlyList<string> Names(int memcg) => memcg == MemCgroups.Root
        ? ["memory.pressure", "cgroup.stat"]
        :
        [
            "memory.current", "memory.peak", "memory.max", "memory.high", "memory.low", "memory.min", "memory.swap.current",
            "memory.swap.high", "memory.swap.max", "memory.zswap.current", "memory.zswap.max", "memory.oom.group", "memory.events", "memory.events.local", "memory.swap.events",
            "memory.pressure", "memory.stat", "cpuset.mems", "cpuset.mems.effective", "cgroup.stat",
        ];

    /// <summary>A file's text, as reading it gives.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="memcg">The cgroup.</param>
    /// <param name="file">One of <see cref="Names"/>.</param>
    public static string Text(Machine machine, int memcg, string file)
    {
        var text = new StringBuilder();
        foreach ((string key, string value) in Lines(machine, memcg, file))
            text.Append(key.Length == 0 ? value : $"{key} {value}").Append('\n');
        return text.ToString();
    }

    /// <summary>A file's lines as keys and values; a file of one value has an empty key.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="memcg">The cgroup.</param>
    /// <param name="file">One of <see cref="Names"/>.</param>
    public static IEnumerable<(string Key, string Value)> Lines(Machine machine, int memcg, string file)
    {
        MemCgroup group = machine.Memcgs[memcg];
        return file switch
        {
            "memory.current" => One(Bytes(group.Memory.Usage)),
            "memory.peak" => One(Bytes(group.Memory.Watermark)),
            "memory.max" => One(MemCgroups.TextOf(group.Memory.Limit)),
            "memory.high" => One(MemCgroups.TextOf(group.Memory.High)),
            "memory.low" => One(MemCgroups.TextOf(group.Memory.Low)),
            "memory.min" => One(MemCgroups.TextOf(group.Memory.Min)),
            "memory.swap.current" => One(Bytes(group.Swap.Usage)),
            "memory.swap.high" => One(MemCgroups.TextOf(group.Swap.High)),
            "memory.swap.max" => One(MemCgroups.TextOf(group.Swap.Limit)),
            "memory.zswap.current" => One(Number(group.Stats[(int)MemcgStat.ZswapBytes])),
            "memory.zswap.max" => One(MemCgroups.TextOf(group.ZswapMax)),
            "memory.zswap.writeback" when machine.Memcgs.HasZswapWriteback => One(group.ZswapWriteback ? "1" : "0"),
            "cpuset.mems" => One(NodeList.Text(group.CpusetMems)),
            "cpuset.mems.effective" => One(NodeList.Text(machine.Memcgs.EffectiveMems(memcg) & machine.Scheduler.NodesWithMemory)),
            "memory.oom.group" => One(group.OomGroup ? "1" : "0"),
            "memory.events" => Events.Select(one => (one.Key, Number(group.Events[(int)one.Event]))),
            "memory.events.local" => Events.Select(one => (one.Key, Number(group.LocalEvents[(int)one.Event]))),
            "memory.swap.events" => SwapEvents.Select(one => (one.Key, Number(group.Events[(int)one.Event]))),
            "memory.pressure" => Pressure(memcg == MemCgroups.Root ? PressureFile.MemoryOf(machine) : PressureFile.MemoryOf(machine.Memcgs.PressureOf(memcg))),
            "memory.stat" => Stat(machine, memcg),
            "cgroup.stat" =>
            [
                ("nr_descendants", Number(machine.Memcgs.DescendantsOf(memcg))), ("nr_dying_descendants", Number(machine.Memcgs.DyingDescendantsOf(memcg))),
            ],
            _ => throw new ArgumentException($"a cgroup has no file {file} here", nameof(file)),
        };
    }

    private static IEnumerable<(string Key, string Value)> Stat(Machine machine, int memcg)
    {
        MemCgroup group = machine.Memcgs[memcg];
        foreach ((string key, MemcgStat stat, long unit) in States)
            yield return (key, Number(group.Stats[(int)stat] * unit));
        foreach ((string key, LruList list) in Lists)
            yield return (key, Bytes(Pages(machine, memcg, list)));
        long reclaimable = group.Stats[(int)MemcgStat.SlabReclaimableBytes];
        long unreclaimable = group.Stats[(int)MemcgStat.SlabUnreclaimableBytes];
        yield return ("slab_reclaimable", Number(reclaimable));
        yield return ("slab_unreclaimable", Number(unreclaimable));
        yield return ("slab", Number(reclaimable + unreclaimable));
        yield return ("pgscan", Number(group.Stats[(int)MemcgStat.PgScanKswapd] + group.Stats[(int)MemcgStat.PgScanDirect]));
        yield return ("pgsteal", Number(group.Stats[(int)MemcgStat.PgStealKswapd] + group.Stats[(int)MemcgStat.PgStealDirect]));
        foreach ((string key, MemcgStat stat) in Happened)
        {
            if (stat != MemcgStat.ZswpWb || machine.Memcgs.HasZswapWriteback)
                yield return (key, Number(group.Stats[(int)stat]));
        }
    }

    private static long Pages(Machine machine, int memcg, LruList list)
    {
        long pages = 0;
        for (int node = 0; node < machine.Zones.NodeCount; node++)
            pages += machine.Lru[machine.Lru.LruvecOf(memcg, node)].Pages(list);
        return pages;
    }

    private static IEnumerable<(string Key, string Value)> Pressure(PressureFile file) => [("some", file.Some.ToString()), ("full", file.Full.ToString())];

    private static IEnumerable<(string Key, string Value)> One(string value) => [("", value)];

    private static string Bytes(long pages) => Number(pages * PageBytes);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
