using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Lru;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Procfs;

/// <summary>Zoneinfo, buddyinfo and pagetypeinfo of a modelled machine.</summary>
public static class LiveZones
{
    private static readonly KernelVersion ShowsPromo = new(6, 14);

    /// <summary>
    /// /proc/zoneinfo. A node's counters stand at its first populated zone; with several nodes they are left out, for
    /// they are not kept by node.
    /// </summary>
    public static Zoneinfo Zoneinfo(Machine machine)
    {
        var zones = new List<ZoneinfoZone>();
        IReadOnlyList<ProcfsCounter> counters = Vmstat.Of(machine).Counters;
        int nodeStart = IndexOf(counters, "nr_inactive_anon"), nodeEnd = IndexOf(counters, "nr_dirty_threshold");
        for (int index = 0; index < machine.Zones.ZoneCount; index++)
        {
            ref Zone zone = ref machine.Zones[index];
            // ZONE_DEVICE is shown only by kernels that have it, and is empty here.
            bool isFirst = machine.Zones.NodeCount == 1 && zone.IsPopulated && zones.TrueForAll(one => one.StartPfn is null);
            zones.Add(Zone(machine, index, in zone) with { NodeStats = isFirst ? [.. counters.Skip(nodeStart).Take(nodeEnd - nodeStart)] : [] });
        }

        return new Zoneinfo(zones);
    }

    /// <summary>/proc/buddyinfo.</summary>
    public static Buddyinfo Buddyinfo(Machine machine)
    {
        var zones = new List<BuddyinfoZone>();
        for (int index = 0; index < machine.Zones.ZoneCount; index++)
        {
            ref Zone zone = ref machine.Zones[index];
            if (!zone.IsPopulated)
                continue;
            long[] blocks = new long[PageOrder.Count];
            for (int order = 0; order <= PageOrder.Max; order++)
                blocks[order] = zone.FreeArea[order].NrFree;
            zones.Add(new BuddyinfoZone(zone.Node, zone.Type.Name(), blocks));
        }

        return new Buddyinfo(zones);
    }

    /// <summary>/proc/pagetypeinfo.</summary>
    public static Pagetypeinfo Pagetypeinfo(Machine machine)
    {
        const long cap = 100000;
        var zones = new List<PagetypeinfoZone>();
        for (int index = 0; index < machine.Zones.ZoneCount; index++)
        {
            ref Zone zone = ref machine.Zones[index];
            if (!zone.IsPopulated)
                continue;
            ZoneFreeCounts counts = machine.Allocator.FreeCounts(index);
            var types = new List<PagetypeinfoType>();
            for (int type = 0; type < MigrateTypes.Count; type++)
            {
                int capped = 0;
                for (int order = 0; order <= PageOrder.Max; order++)
                    capped |= counts.FreeBlocks[type][order] > cap ? 1 << order : 0;
                types.Add(new PagetypeinfoType(((MigrateType)type).Name(), [.. counts.FreeBlocks[type].Select(blocks => Math.Min(blocks, cap))], counts.Pageblocks[type]) { CappedOrders = capped });
            }

            zones.Add(new PagetypeinfoZone(zone.Node, zone.Type.Name(), types));
        }

        return new Pagetypeinfo(PageOrder.Pageblock, zones);
    }

    private static ZoneinfoZone Zone(Machine machine, int index, in Zone zone)
    {
        long[] protection = new long[ZoneTypes.Count];
        for (int upper = 0; upper < protection.Length; upper++)
            protection[upper] = zone.LowmemReserve[upper];
        var shown = new ZoneinfoZone(zone.Node, zone.Type.Name())
        {
            Free = zone.FreePages,
            Boost = zone.WatermarkBoost,
            Min = zone.Watermark[(int)Watermark.Min],
            Low = zone.Watermark[(int)Watermark.Low],
            High = zone.Watermark[(int)Watermark.High],
            Promo = machine.Spec.Kernel >= ShowsPromo ? zone.Watermark[(int)Watermark.Promo] : null,
            Spanned = zone.SpannedPages,
            Present = zone.PresentPages,
            Managed = zone.ManagedPages,
            Cma = 0,
            Protection = protection,
        };
        if (!zone.IsPopulated)
            return shown;
        var sets = new List<ZoneinfoPageset>();
        for (int cpu = 0; cpu < machine.Zones.CpuCount; cpu++)
        {
            ref PerCpuPages set = ref machine.Zones.PageSet(index, cpu);
            bool moves = machine.Zones.PcpHighAutoTuned;
            sets.Add(new ZoneinfoPageset(cpu, set.Count, set.High, set.Batch, moves ? set.HighMin : null, moves ? set.HighMax : null, machine.Zones.StatThreshold(index)));
        }

        return shown with { Stats = Counters(machine, index, in zone), Pagesets = sets, StartPfn = zone.StartPfn };
    }

    /// <summary>The counters that are kept by zone.</summary>
    private static ProcfsCounter[] Counters(Machine machine, int index, in Zone zone) =>
    [
        new("nr_free_pages", zone.FreePages),
        new("nr_zone_inactive_anon", machine.Lru.ZonePages(index, LruList.InactiveAnon)),
        new("nr_zone_active_anon", machine.Lru.ZonePages(index, LruList.ActiveAnon)),
        new("nr_zone_inactive_file", machine.Lru.ZonePages(index, LruList.InactiveFile)),
        new("nr_zone_active_file", machine.Lru.ZonePages(index, LruList.ActiveFile)),
        new("nr_zone_unevictable", machine.Lru.ZonePages(index, LruList.Unevictable)),
        new("numa_hit", zone.NumaHit),
        new("numa_miss", zone.NumaMiss),
        new("numa_foreign", zone.NumaForeign),
        new("numa_interleave", zone.NumaInterleave),
        new("numa_local", zone.NumaLocal),
        new("numa_other", zone.NumaOther),
    ];

    private static int IndexOf(IReadOnlyList<ProcfsCounter> counters, string name)
    {
        int index = 0;
        while (counters[index].Name != name)
            index++;
        return index;
    }
}
