using System.Globalization;
using System.Text;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Procfs.Oom;

/// <summary>The machine's memory as the kernel prints it in reports (show_mem, mm/show_mem.c; to 6.4 lib/show_mem.c).</summary>
/// <remarks>
/// With several nodes the counters of a node are those of the machine, where they are not kept by node. What is mlocked is
/// counted by zone as what is unevictable.
/// </remarks>
internal static class ShowMem
{
    private static readonly KernelVersion JoinsShmemThp = new(6, 6);
    private static readonly KernelVersion ShowsBalloon = new(6, 16);
    private static readonly KernelVersion WithoutBounce = new(6, 17);
    private static readonly KernelVersion ShowsZspages = new(6, 18);

    /// <summary>The lines.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="nodes">Nodes to show, a bit each; 0: all.</param>
    public static IEnumerable<string> Lines(Machine machine, ulong nodes)
    {
        nodes = nodes == 0 ? ulong.MaxValue : nodes;
        yield return "Mem-Info:";
        foreach (string line in Totals(machine))
            yield return line;
        Zoneinfo zoneinfo = LiveZones.Zoneinfo(machine);
        var shown = new List<(int Index, ZoneinfoZone Zone)>();
        for (int index = 0; index < machine.Zones.ZoneCount; index++)
        {
            if (machine.Zones[index].IsPopulated && ((nodes >> machine.Zones[index].Node) & 1) != 0)
                shown.Add((index, zoneinfo.Zones[index]));
        }

        foreach (int node in shown.Select(one => one.Zone.Node).Distinct())
            yield return Node(machine, node);
        foreach ((int index, ZoneinfoZone zone) in shown)
        {
            yield return Zone(machine, index, zone);
            yield return "lowmem_reserve[]: " + string.Join(" ", zone.Protection);
        }

        foreach ((int index, ZoneinfoZone zone) in shown)
            yield return Blocks(machine, index, zone);
        foreach (int node in shown.Select(one => one.Zone.Node).Distinct())
        {
            foreach (string size in (string[])["1048576", "2048"])
                yield return Text($"Node {node} hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size={size}kB");
        }

        VmStat stat = machine.VmStat;
        yield return Text($"{stat.NrFilePages} total pagecache pages");
        yield return Text($"{stat.NrSwapCached} pages in swap cache");
        yield return Text($"Free swap  = {stat.NrSwapPages << 2}kB");
        yield return Text($"Total swap = {stat.TotalSwapPages << 2}kB");
        long present = zoneinfo.Zones.Sum(zone => zone.Present);
        yield return Text($"{present} pages RAM");
        yield return "0 pages HighMem/MovableOnly";
        yield return Text($"{present - zoneinfo.Zones.Sum(zone => zone.Managed)} pages reserved");
        yield return "0 pages hwpoisoned";
    }

    private static IEnumerable<string> Totals(Machine machine)
    {
        VmStat stat = machine.VmStat;
        LruLists lru = machine.Lru;
        long pcp = 0, free = 0;
        for (int zone = 0; zone < machine.Zones.ZoneCount; zone++)
        {
            free += machine.Zones[zone].FreePages;
            pcp += Pcp(machine, zone);
        }

        yield return Text($"active_anon:{lru.Pages(LruList.ActiveAnon)} inactive_anon:{lru.Pages(LruList.InactiveAnon)} isolated_anon:{stat.NrIsolatedAnon}");
        yield return Text($" active_file:{lru.Pages(LruList.ActiveFile)} inactive_file:{lru.Pages(LruList.InactiveFile)} isolated_file:{stat.NrIsolatedFile}");
        yield return Text($" unevictable:{lru.Pages(LruList.Unevictable)} dirty:{stat.NrDirty} writeback:{stat.NrWriteback}");
        yield return Text($" slab_reclaimable:{stat.NrSlabReclaimable} slab_unreclaimable:{stat.NrSlabUnreclaimable}");
        yield return Text($" mapped:{stat.NrMapped} shmem:{stat.NrShmem} pagetables:{stat.NrPageTablePages}");
        yield return " sec_pagetables:0 bounce:0";
        yield return " kernel_misc_reclaimable:0";
        yield return Text($" free:{free} free_pcp:{pcp} free_cma:0");
    }

    private static string Node(Machine machine, int node)
    {
        KernelVersion kernel = machine.Spec.Kernel;
        VmStat stat = machine.VmStat;
        string space = kernel >= JoinsShmemThp ? "" : " ";
        string writebackTemp = kernel >= WithoutBounce ? "" : " writeback_tmp:0kB";
        string balloon = kernel >= ShowsBalloon ? " Balloon:0kB" : "";
        return Text($"Node {node} active_anon:{Lru(LruList.ActiveAnon)}kB inactive_anon:{Lru(LruList.InactiveAnon)}kB active_file:{Lru(LruList.ActiveFile)}kB inactive_file:{Lru(LruList.InactiveFile)}kB unevictable:{Lru(LruList.Unevictable)}kB isolated(anon):{stat.NrIsolatedAnon << 2}kB isolated(file):{stat.NrIsolatedFile << 2}kB mapped:{stat.NrMapped << 2}kB dirty:{stat.NrDirty << 2}kB writeback:{stat.NrWriteback << 2}kB shmem:{stat.NrShmem << 2}kB shmem_thp:{space}0kB shmem_pmdmapped:{space}0kB anon_thp:{space}{stat.NrAnonTransparentHugepages << 11}kB{writebackTemp} kernel_stack:{stat.NrKernelStack}kB pagetables:{stat.NrPageTablePages << 2}kB sec_pagetables:0kB all_unreclaimable? {(machine.IsKswapdHopeless(node) ? "yes" : "no")}{balloon}");

        long Lru(LruList list) => machine.Lru[node].Pages(list) << 2;
    }

    private static string Zone(Machine machine, int index, ZoneinfoZone zone)
    {
        KernelVersion kernel = machine.Spec.Kernel;
        ref Zone of = ref machine.Zones[index];
        string highatomic = kernel >= ShowsBalloon ? Text($" free_highatomic:{of.NrFreeHighatomic << 2}KB") : "";
        string zspages = kernel >= ShowsZspages ? " zspages:0kB" : "";
        long local = machine.Zones.PageSet(index, machine.Allocator.CurrentCpu).Count;
        long boost = zone.Boost ?? 0;
        return Text($"Node {zone.Node} {zone.Name} free:{zone.Free << 2}kB boost:{boost << 2}kB min:{(zone.Min + boost) << 2}kB low:{(zone.Low + boost) << 2}kB high:{(zone.High + boost) << 2}kB reserved_highatomic:{of.NrReservedHighatomic << 2}KB{highatomic} active_anon:{Lru(LruList.ActiveAnon)}kB inactive_anon:{Lru(LruList.InactiveAnon)}kB active_file:{Lru(LruList.ActiveFile)}kB inactive_file:{Lru(LruList.InactiveFile)}kB unevictable:{Lru(LruList.Unevictable)}kB writepending:0kB{zspages} present:{zone.Present << 2}kB managed:{zone.Managed << 2}kB mlocked:{Lru(LruList.Unevictable)}kB bounce:0kB free_pcp:{Pcp(machine, index) << 2}kB local_pcp:{local << 2}kB free_cma:0kB");

        long Lru(LruList list) => machine.Lru.ZonePages(index, list) << 2;
    }

    /// <summary>"Node 0 DMA: 2*4kB (UM) 1*8kB (M) … = 864kB": the letters are the migrate types of the free blocks.</summary>
    private static string Blocks(Machine machine, int index, ZoneinfoZone zone)
    {
        ReadOnlySpan<char> letters = "UMEHCI";
        ZoneFreeCounts counts = machine.Allocator.FreeCounts(index);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Node {zone.Node} {zone.Name}: ");
        long total = 0;
        for (int order = 0; order <= PageOrder.Max; order++)
        {
            long blocks = machine.Zones[index].FreeArea[order].NrFree;
            total += blocks << order;
            text.Append(CultureInfo.InvariantCulture, $"{blocks}*{4 << order}kB ");
            if (blocks == 0)
                continue;
            text.Append('(');
            for (int type = 0; type < MigrateTypes.Count; type++)
            {
                if (counts.FreeBlocks[type][order] != 0)
                    text.Append(letters[type]);
            }

            text.Append(") ");
        }

        return text.Append(CultureInfo.InvariantCulture, $"= {total << 2}kB").ToString();
    }

    private static long Pcp(Machine machine, int zone)
    {
        long pages = 0;
        for (int cpu = 0; cpu < machine.Zones.CpuCount; cpu++)
            pages += machine.Zones.PageSet(zone, cpu).Count;
        return pages;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
